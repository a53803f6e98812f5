import { join } from "node:path";
import { openClient, pgConnectionOptions } from "@marketmesh/postgres";
import pg from "pg";
import { to as copyOut } from "pg-copy-streams";
import type { Sql } from "postgres";
import { type DatabasePart, type SequencePart, type TablePart, tablePath } from "./manifest.ts";
import { packFile } from "./packed-file.ts";
import { listMigrations, listSequences, listTables, quoted, type Table } from "./tables.ts";

/** A database to be copied. */
export interface Source {
  readonly service: string;
  /** As the role that owns its tables. */
  readonly url: string;
}

/** One REPEATABLE READ snapshot of one database. */
export interface Snapshot {
  /** Copies every table as the snapshot sees it. */
  copyTo(folder: string): Promise<DatabasePart>;
  close(): Promise<void>;
}

/** Opens it: what is committed now is in it, what is committed later is not. Tables can't be dropped or altered meanwhile. */
export async function openSnapshot({ service, url }: Source): Promise<Snapshot> {
  const sql = await openClient(url, "backup", { fetch_types: true });
  try {
    await sql.unsafe("begin transaction isolation level repeatable read read only");
    const [row] = await sql<{ time: Date; id: string }[]>`select now() as time, pg_export_snapshot() as id`;
    const tables = await listTables(sql);
    const names = tables.map(({ schema, table }) => quoted(schema, table)).join(", ");
    await sql.unsafe(`lock table ${names} in access share mode`);
    return {
      copyTo: async (folder) => ({
        service,
        snapshotTime: row!.time.toISOString(),
        migrations: await listMigrations(sql),
        tables: await copyTables({ url, id: row!.id }, tables, folder, service),
        sequences: await readSequences(sql),
        feeds: await sql<{ feed: string; epoch: string; lastSeq: string }[]>`
          select feed, epoch, last_seq as "lastSeq" from marketmesh.feeds order by feed`,
      }),
      close: () => sql.end({ timeout: 1 }),
    };
  } catch (error) {
    await sql.end({ timeout: 1 });
    throw error;
  }
}

/**
 * Streams come by a driver of their own, in the same snapshot: postgres.js 3.4 now and then leaves its socket paused under a slow
 * reader of COPY, and the copy never ends (seen with rows of 20 kB).
 */
async function copyTables(
  snapshot: { readonly url: string; readonly id: string },
  tables: readonly Table[],
  folder: string,
  service: string,
): Promise<TablePart[]> {
  const client = new pg.Client({ ...pgConnectionOptions(snapshot.url), application_name: "backup" });
  client.on("error", () => {}); // a lost connection fails the copy that is under way
  await client.connect();
  try {
    await client.query("begin transaction isolation level repeatable read read only");
    await client.query(`set transaction snapshot '${snapshot.id}'`);
    const parts: TablePart[] = [];
    for (const table of tables) {
      const columns = table.columns.map((column) => quoted(column)).join(", ");
      const name = quoted(table.schema, table.table);
      const rows = table.partitioned ? `(select ${columns} from ${name})` : `${name} (${columns})`;
      const copy = copyOut(`copy ${rows} to stdout`);
      const packed = await packFile(client.query(copy), join(folder, tablePath(service, table)));
      parts.push({ schema: table.schema, table: table.table, columns: table.columns, ...packed });
    }
    return parts;
  } finally {
    await client.end();
  }
}

/** Sequences stand outside of snapshots: read after it, they are at least as far as the rows in it. */
async function readSequences(sql: Sql): Promise<SequencePart[]> {
  const parts: SequencePart[] = [];
  for (const { schema, sequence } of await listSequences(sql)) {
    const [row] = await sql.unsafe<{ last_value: string; is_called: boolean }[]>(
      `select last_value, is_called from ${quoted(schema, sequence)}`,
    );
    parts.push({ schema, sequence, lastValue: String(row!.last_value), isCalled: row!.is_called });
  }
  return parts;
}
