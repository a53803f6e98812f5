import { pgConnectionOptions } from "@marketmesh/postgres";
import { runMigrations } from "graphile-worker";
import pg from "pg";
import { quietLogger } from "./job-logger.ts";

/**
 * Brings up graphile-worker's own schema as the owner of the database, and lets the background role work with it. Several
 * processes may do so at once: they wait for each other.
 */
export async function migrateJobs(ownerUrl: string, backgroundRole: string): Promise<void> {
  const login = { ...pgConnectionOptions(ownerUrl), application_name: "marketmesh fulfillment migrations" };
  const client = new pg.Client(login);
  const pgPool = new pg.Pool({ ...login, max: 2 });
  // A lost connection fails what it was asked for.
  pgPool.on("error", () => {}).on("connect", (client) => client.on("error", () => {}));
  try {
    await client.connect();
    await client.query("select pg_advisory_lock(hashtextextended('marketmesh/graphile-worker', 0))");
    await runMigrations({ pgPool, logger: quietLogger });
    if (!(await hasRights(client, backgroundRole))) await client.query(rightsOf(backgroundRole));
  } finally {
    await Promise.all([client.end(), pgPool.end()]);
  }
}

const tables = [
  "_private_jobs",
  "_private_job_queues",
  "_private_tasks",
  "_private_known_crontabs",
  "migrations",
] as const;

// Changing rights locks the tables, which processes that work would feel: it is done once.
async function hasRights(client: pg.Client, role: string): Promise<boolean> {
  const { rows } = await client.query<{ tablename: string }>(
    "select tablename from pg_policies where schemaname = 'graphile_worker' and roles = array[$1::name]",
    [role],
  );
  return tables.every((table) => rows.some(({ tablename }) => tablename === table));
}

// The tables have row level security without a policy: only their owner sees a row. The app role gets nothing here; it adds
// jobs through the function of 0004_add_jobs.sql.
function rightsOf(backgroundRole: string): string {
  const role = pg.escapeIdentifier(backgroundRole);
  const policies = tables.map(
    (table) => `
    drop policy if exists background_all on graphile_worker.${table};
    create policy background_all on graphile_worker.${table} to ${role} using (true) with check (true);
    grant select, insert, update, delete on graphile_worker.${table} to ${role};`,
  );
  return `begin;
    grant usage on schema graphile_worker to ${role};
    grant usage on all sequences in schema graphile_worker to ${role};
    ${policies.join("")}
    commit;`;
}
