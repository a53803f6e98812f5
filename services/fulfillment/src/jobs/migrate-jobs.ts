import { runMigrations } from "graphile-worker";
import pg from "pg";
import { quietLogger } from "./job-logger.ts";

/**
 * Brings up graphile-worker's own schema as the owner of the database, and lets the background role work with it. Several
 * processes may do so at once: they wait for each other.
 */
export async function migrateJobs(ownerUrl: string, backgroundRole: string): Promise<void> {
  const client = new pg.Client({
    connectionString: ownerUrl,
    application_name: "marketmesh fulfillment migrations",
  });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock(hashtextextended('marketmesh/graphile-worker', 0))");
    await runMigrations({ connectionString: ownerUrl, maxPoolSize: 2, logger: quietLogger });
    await client.query(rightsOf(pg.escapeIdentifier(backgroundRole)));
  } finally {
    await client.end();
  }
}

// The tables have row level security without a policy: only their owner sees a row. The app role gets nothing here; it adds
// jobs through the function of 0004_add_jobs.sql.
function rightsOf(role: string): string {
  const tables = [
    "_private_jobs",
    "_private_job_queues",
    "_private_tasks",
    "_private_known_crontabs",
    "migrations",
  ];
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
