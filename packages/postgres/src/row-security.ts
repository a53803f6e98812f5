import { sql } from "drizzle-orm";
import type { Database } from "./database.ts";

/** What one table showed to a caller without a market. */
export interface GuardedTable {
  /** `schema.table` */
  readonly table: string;
  /** Rows that the background role sees; 0 proves little, so fill the table first. */
  readonly rows: number;
}

interface TableRow extends Record<string, unknown> {
  readonly table: string;
  readonly forced: boolean;
}

/**
 * Proves that every table that the app role may read is under forced row level security and shows nothing when no
 * market is set, and that the app role can't step around it. Throws an error that lists the tables that fail.
 * Returns the tables with their sizes, so that a test can insist on rows being there.
 */
export async function assertRowSecurity(database: Database): Promise<readonly GuardedTable[]> {
  const problems = await roleProblems(database);
  const guarded: GuardedTable[] = [];
  for (const row of await tablesOf(database)) {
    if (!row.forced) problems.push(`${row.table}: row level security is not enabled and forced`);
    const seen = await database.app.execute<{ rows: string }>(countOf(row.table));
    if (Number(seen[0]?.rows) > 0)
      problems.push(`${row.table}: shows ${seen[0]?.rows} rows without a market`);
    const all = await database.background((tx) => tx.execute<{ rows: string }>(countOf(row.table)));
    guarded.push({ table: row.table, rows: Number(all[0]?.rows) });
  }
  if (problems.length > 0) throw new Error(`row level security has holes:\n${problems.join("\n")}`);
  return guarded;
}

async function tablesOf(database: Database): Promise<readonly TableRow[]> {
  return database.app.execute<TableRow>(sql`
    select format('%I.%I', n.nspname, c.relname) as table, c.relrowsecurity and c.relforcerowsecurity as forced
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm', 'v') and n.nspname not in ('pg_catalog', 'information_schema')
      and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
    order by 1`);
}

async function roleProblems(database: Database): Promise<string[]> {
  const [role] = await database.app.execute<{ rolsuper: boolean; rolbypassrls: boolean; owned: string }>(sql`
    select rolsuper, rolbypassrls, (select count(*) from pg_class where relowner = r.oid) as owned
    from pg_roles r where rolname = current_user`);
  const free = role?.rolsuper || role?.rolbypassrls || role?.owned !== "0";
  return free ? ["the app role is a superuser, bypasses row level security or owns tables"] : [];
}

function countOf(table: string) {
  return sql`select count(*) as rows from ${sql.raw(table)}`;
}
