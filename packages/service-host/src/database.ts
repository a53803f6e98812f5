import type { Database, ObservedQuery } from "@marketmesh/postgres";
import type { Metrics } from "@marketmesh/telemetry";
import { readConfig } from "./config.ts";
import type { Env } from "./host.ts";
import { databaseSettings } from "./host-settings.ts";
import { queryDuration } from "./metrics.ts";

/** Migrates (when the environment says by which role) and opens a service's database. */
export async function openServiceDatabase(
  service: string,
  migrations: URL,
  env: Env,
  metrics: Metrics,
  onWait: (ms: number) => void,
): Promise<Database> {
  const config = readConfig(databaseSettings, env);
  // Loaded on demand: a service without a database does not pay for its driver.
  const [{ migrate, openDatabase }, { eventMigrations }] = await Promise.all([
    import("@marketmesh/postgres"),
    import("@marketmesh/events"),
  ]);
  if (config.migratorUrl !== undefined) {
    const roles = { appRole: userOf(config.url), backgroundRole: userOf(config.backgroundUrl) };
    await migrate(
      config.migratorUrl,
      [eventMigrations, { namespace: service, directory: migrations }],
      roles,
    );
  }
  return await openDatabase({
    url: config.url,
    backgroundUrl: config.backgroundUrl,
    appMax: config.appMax,
    backgroundMax: config.backgroundMax,
    applicationName: `marketmesh ${service}`,
    metrics,
    onWait,
    onQuery: observer(metrics),
  });
}

function userOf(url: string): string {
  return decodeURIComponent(new URL(url).username);
}

function observer(metrics: Metrics): (query: ObservedQuery) => void {
  const seconds = metrics.histogram(queryDuration);
  const series = { ok: seconds.series({ failed: "false" }), failed: seconds.series({ failed: "true" }) };
  return ({ durationMs, failed }) => series[failed ? "failed" : "ok"].observe(durationMs / 1000);
}
