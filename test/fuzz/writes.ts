import postgres, { type Sql } from "postgres";
import type { WholeMesh } from "../support/whole-mesh.ts";
import { databasesOf } from "./databases.ts";

/** Rows that one statement changed and that were committed. */
export interface Write {
  readonly service: string;
  readonly table: string;
  readonly operation: string;
  readonly rows: number;
  /** Whose transaction it was; empty for the work of the services themselves. */
  readonly principal: string;
  /** Milliseconds of the epoch, by the same machine's clock as the requests. */
  readonly atMs: number;
}

/** Sees every committed change of every table of every service. */
export interface WriteLog extends AsyncDisposable {
  /** What was committed since the last call. */
  take(): Promise<Write[]>;
}

const install = `
  create schema fuzz;
  create unlogged table fuzz.writes (
    at timestamptz not null default clock_timestamp(),
    principal text not null, relation text not null, operation text not null, rows bigint not null);
  create function fuzz.record() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
  begin
    insert into fuzz.writes (principal, relation, operation, rows)
      select coalesce(current_setting('marketmesh.principal', true), ''), tg_table_schema || '.' || tg_table_name, tg_op, count(*)
      from changed having count(*) > 0;
    return null;
  end $$;
  do $$
  declare each record; part record;
  begin
    for each in select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and not c.relispartition
        and n.nspname not in ('pg_catalog', 'information_schema', 'fuzz') loop
      for part in select * from (values ('insert', 'new'), ('update', 'new'), ('delete', 'old')) as parts (operation, side) loop
        execute format('create trigger fuzz_%s after %s on %I.%I referencing %s table as changed
          for each statement execute function fuzz.record()', part.operation, part.operation, each.nspname, each.relname, part.side);
      end loop;
    end loop;
  end $$`;

/**
 * Puts a statement trigger on every table of the mesh's databases. What a transaction rolls back leaves no trace, so the log
 * is exact where the server's own counters of tuples are not.
 */
export async function watchWrites(mesh: WholeMesh, adminUrl: string): Promise<WriteLog> {
  const logs: { service: string; sql: Sql }[] = [];
  for (const { service, url } of databasesOf(mesh, adminUrl)) {
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    await sql.unsafe(install);
    logs.push({ service, sql });
  }
  return {
    async take() {
      const taken = await Promise.all(logs.map(({ service, sql }) => takeFrom(service, sql)));
      return taken.flat();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(logs.map(({ sql }) => sql.end()));
    },
  };
}

async function takeFrom(service: string, sql: Sql): Promise<Write[]> {
  const rows = await sql`
    delete from fuzz.writes returning extract(epoch from at) * 1000 as at, principal, relation, operation, rows`;
  return rows.map(({ at, principal, relation, operation, rows: count }) => ({
    service,
    table: String(relation),
    operation: String(operation),
    rows: Number(count),
    principal: String(principal),
    atMs: Number(at),
  }));
}
