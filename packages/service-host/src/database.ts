import type { Database, ObservedQuery } from "@marketmesh/postgres";
import type { Metrics } from "@marketmesh/telemetry";
import { NotYetError } from "./bind-patiently.ts";
import { readConfig } from "./config.ts";
import { withPasswordFiles } from "./database-config.ts";
import type { Env } from "./host.ts";
import { databaseSettings } from "./host-settings.ts";
import { queryDuration } from "./metrics.ts";

/** Brings a service's database up to date by the role that the environment says; where somebody else migrates, does nothing. */
export async function migrateServiceDatabase(service: string, migrations: URL, env: Env): Promise<void> {
  const config = withPasswordFiles(readConfig(databaseSettings, env), env);
  if (config.migratorUrl === undefined) return;
  const [{ migrate, rolesOf }, { eventMigrations }] = await Promise.all([
    import("@marketmesh/postgres"),
    import("@marketmesh/events"),
  ]);
  const directories = [eventMigrations, { namespace: service, directory: migrations }];
  await migrate(config.migratorUrl, directories, rolesOf(config));
}

/**
 * Migrates (when the environment says by which role) and opens a service's database. Where somebody else migrates, throws
 * NotYetError until that is done.
 */
export async function openServiceDatabase(
  service: string,
  migrations: URL,
  env: Env,
  metrics: Metrics,
  onWait: (ms: number) => void,
): Promise<Database> {
  const config = withPasswordFiles(readConfig(databaseSettings, env), env);
  // Loaded on demand: a service without a database does not pay for its driver.
  const [{ awaitedMigration, openDatabase }, { eventMigrations }] = await Promise.all([
    import("@marketmesh/postgres"),
    import("@marketmesh/events"),
  ]);
  const directories = [eventMigrations, { namespace: service, directory: migrations }];
  await migrateServiceDatabase(service, migrations, env);
  const database = await openDatabase({
    url: config.url,
    backgroundUrl: config.backgroundUrl,
    readUrl: config.readUrl,
    appMax: config.appMax,
    backgroundMax: config.backgroundMax,
    applicationName: `marketmesh ${service}`,
    metrics,
    onWait,
    onQuery: observer(metrics),
  });
  if (config.migratorUrl !== undefined) return database;
  try {
    const awaited = await awaitedMigration(database, directories);
    if (awaited !== undefined)
      throw new NotYetError(`the database is yet to be migrated: it lacks ${awaited}`);
    return database;
  } catch (cause) {
    await database.close();
    throw cause;
  }
}

function observer(metrics: Metrics): (query: ObservedQuery) => void {
  const seconds = metrics.histogram(queryDuration);
  const series = { ok: seconds.series({ failed: "false" }), failed: seconds.series({ failed: "true" }) };
  return ({ durationMs, failed }) => series[failed ? "failed" : "ok"].observe(durationMs / 1000);
}
