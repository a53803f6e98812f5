import { createLogger, type Logger } from "@marketmesh/telemetry";
import { ConfigError, readConfig } from "./config.ts";
import { databaseUrl, withPasswordFiles } from "./database-config.ts";
import type { Env } from "./host.ts";
import { databaseSettings } from "./host-settings.ts";
import type { Program } from "./run.ts";

/** What migrating reads from the environment: the other two addresses tell whom the tables are granted to. */
export const migrateSettings = {
  url: databaseSettings.url,
  backgroundUrl: databaseSettings.backgroundUrl,
  migratorUrl: databaseUrl({
    env: "DATABASE_MIGRATOR_URL",
    doc: "The database, as the role that owns the tables.",
  }),
};

/** `node main.mjs migrate`: brings the service's database up to date, says what that took, and ends with status 0; else 1. */
export async function migrateService(
  name: string,
  program: Program,
  env: Env = process.env,
  write: (line: string) => void = (line) => void process.stdout.write(line),
): Promise<void> {
  const log = createLogger({ service: name, level: "info", write, now: () => new Date() });
  try {
    await migrate(name, program, env, log);
  } catch (cause) {
    log.error(cause instanceof ConfigError ? `configuration: ${cause.message}` : "migrating failed", {
      cause,
    });
    process.exitCode = 1;
  }
}

async function migrate(name: string, program: Program, env: Env, log: Logger): Promise<void> {
  const { migrations, migrateMore } = program;
  if (migrations === undefined) return log.info("there is no database to migrate");
  const config = withPasswordFiles(readConfig(migrateSettings, env), env);
  const [postgres, { eventMigrations }] = await Promise.all([
    import("@marketmesh/postgres"),
    import("@marketmesh/events"),
  ]);
  const directories = [eventMigrations, { namespace: name, directory: migrations }];
  const roles = postgres.rolesOf(config);
  const applied = await postgres.migrate(config.migratorUrl, directories, roles);
  await migrateMore?.({ ownerUrl: config.migratorUrl, backgroundRole: roles.backgroundRole });
  log.info("migrated", { applied: applied.map(({ namespace, file }) => `${namespace}/${file}`) });
}
