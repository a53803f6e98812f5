import type { RecordedMigration } from "@marketmesh/postgres";
import type { Sql } from "postgres";

/** A table and the columns that its rows are written by. */
export interface Table {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
  /** Row security applies to its owner too, so COPY refuses to fill it. */
  readonly forced: boolean;
  /** Its rows are in partitions, which a restored database makes anew: COPY reads it by a query only. */
  readonly partitioned: boolean;
}

/** Written by what makes the schema before rows come in: `migrate`, and graphile-worker for its own. */
const writtenByMigrate = new Set([
  "marketmesh.schema_migrations",
  "marketmesh.roles",
  "graphile_worker.migrations",
]);

/** Every table of the database that holds rows of a service, by name; a partitioned one as a whole. */
export async function listTables(sql: Sql): Promise<Table[]> {
  const rows = await sql<Table[]>`
    select n.nspname as schema, c.relname as table, c.relforcerowsecurity as forced, c.relkind = 'p' as partitioned,
      coalesce(array_agg(a.attname order by a.attnum) filter (where a.attname is not null), '{}') as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence = 'p'
      and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'
    group by n.nspname, c.relname, c.relforcerowsecurity, c.relkind order by n.nspname, c.relname`;
  return rows.filter(({ schema, table }) => !writtenByMigrate.has(`${schema}.${table}`));
}

/** Tables so that each stands after those it refers to. */
export async function inForeignKeyOrder(sql: Sql, tables: readonly Table[]): Promise<Table[]> {
  const references = await sql<{ from: string; to: string }[]>`
    select fn.nspname || '.' || f.relname as from, tn.nspname || '.' || t.relname as to
    from pg_constraint k
    join pg_class f on f.oid = k.conrelid join pg_namespace fn on fn.oid = f.relnamespace
    join pg_class t on t.oid = k.confrelid join pg_namespace tn on tn.oid = t.relnamespace
    where k.contype = 'f' and k.conrelid <> k.confrelid`;
  const ordered: Table[] = [];
  let left = [...tables];
  while (left.length > 0) {
    const names = new Set(left.map(nameOf));
    const waits = new Set(references.filter(({ to }) => names.has(to)).map(({ from }) => from));
    const free = left.filter((table) => !waits.has(nameOf(table)));
    if (free.length === 0)
      throw new Error(`tables refer to each other in a circle: ${[...names].join(", ")}`);
    ordered.push(...free);
    left = left.filter((table) => waits.has(nameOf(table)));
  }
  return ordered;
}

/** The names of all sequences. */
export async function listSequences(sql: Sql): Promise<{ schema: string; sequence: string }[]> {
  return sql<{ schema: string; sequence: string }[]>`
    select schemaname as schema, sequencename as sequence from pg_sequences
    where schemaname not in ('pg_catalog', 'information_schema') order by 1, 2`;
}

/** What `migrate` has recorded, in the order of their names. */
export async function listMigrations(sql: Sql): Promise<RecordedMigration[]> {
  return sql<RecordedMigration[]>`
    select namespace, file, checksum from marketmesh.schema_migrations order by namespace, file`;
}

/** `schema.table`. */
export function nameOf({ schema, table }: Pick<Table, "schema" | "table">): string {
  return `${schema}.${table}`;
}

/** As SQL has it. */
export function quoted(...names: readonly string[]): string {
  return names.map((name) => `"${name.replaceAll('"', '""')}"`).join(".");
}
