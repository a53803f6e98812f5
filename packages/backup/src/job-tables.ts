import { pgConnectionOptions } from "@marketmesh/postgres";
import { Logger, runMigrations } from "graphile-worker";
import pg from "pg";
import type { Sql } from "postgres";
import type { DatabasePart } from "./manifest.ts";

/** The schema of graphile-worker, which migrates itself: its tables come as this release has them. */
const schema = "graphile_worker";

const silent = new Logger(() => () => {});

/** Makes the tables of the job queue in a database whose backup has jobs. */
export async function createJobTables(part: DatabasePart, ownerUrl: string): Promise<void> {
  if (!hasJobs(part)) return;
  const pgPool = new pg.Pool({ ...pgConnectionOptions(ownerUrl), max: 1 });
  // A lost connection fails what it was asked for.
  pgPool.on("error", () => {}).on("connect", (client) => client.on("error", () => {}));
  try {
    await runMigrations({ pgPool, schema, logger: silent });
  } finally {
    await pgPool.end();
  }
}

/** Jobs that somebody worked on go to whoever comes: the one who did is gone, and the queue would wait for hours. */
export async function giveJobsBack(part: DatabasePart, sql: Sql): Promise<void> {
  if (!hasJobs(part)) return;
  for (const table of ["_private_jobs", "_private_job_queues"]) {
    await sql`update ${sql(`${schema}.${table}`)} set locked_at = null, locked_by = null where locked_at is not null`;
  }
}

function hasJobs({ tables }: DatabasePart): boolean {
  return tables.some((table) => table.schema === schema);
}
