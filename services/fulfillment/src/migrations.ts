import type { OwnerAccess } from "@marketmesh/service-host/run";

/** Its tables; see migrations/. */
export const migrations = new URL("../migrations/", import.meta.url);

/** Brings the tables of the job queue up to date. */
export async function migrateMore({ ownerUrl, backgroundRole }: OwnerAccess): Promise<void> {
  const { migrateJobs } = await import("./jobs/migrate-jobs.ts");
  await migrateJobs(ownerUrl, backgroundRole);
}
