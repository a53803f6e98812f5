import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { type Bind, type Host, migrateServiceDatabase } from "@marketmesh/service-host";
import type { DatabaseTemplate, ReservedDatabase } from "./servers/test-database.ts";

/**
 * Binds a service whose database is made when it asks for it: a copy of one that was migrated earlier in the run, since migrating
 * takes four times as long as copying. Its host migrates all the same, and finds everything done.
 */
export function onMigratedCopy(database: ReservedDatabase, bind: Bind): Bind {
  let made: Promise<void> | undefined;
  const makeOnce = (service: string, migrations: URL) => {
    made ??= make(database, service, migrations);
    return made;
  };
  return (host) => bind(withDatabase(host, makeOnce));
}

function withDatabase(real: Host, make: (service: string, migrations: URL) => Promise<void>): Host {
  const database: Host["database"] = async (options) => {
    await make(real.name, options.migrations);
    return await real.database(options);
  };
  return new Proxy(real, {
    get: (target, name) => (name === "database" ? database : Reflect.get(target, name)),
  });
}

/** Migrations that fail are the service's to find out about: its database is an empty one then. */
async function make(database: ReservedDatabase, service: string, migrations: URL): Promise<void> {
  const template: DatabaseTemplate = {
    key: digestOf(migrations),
    migrate: ({ migratorUrl, appUrl, backgroundUrl }) =>
      migrateServiceDatabase(service, migrations, {
        DATABASE_MIGRATOR_URL: migratorUrl,
        DATABASE_URL: appUrl,
        DATABASE_BACKGROUND_URL: backgroundUrl,
      }),
  };
  await database.create(template).catch(() => database.create());
}

/** Of what the folder holds now: a test may write other migrations into it later. */
function digestOf(folder: URL): string {
  const hash = createHash("sha256");
  const at = folder.href.endsWith("/") ? folder.href : `${folder.href}/`;
  for (const name of readdirSync(folder).sort()) {
    if (name.endsWith(".sql")) hash.update(`${name}\0`).update(readFileSync(new URL(name, at)));
  }
  return hash.digest("hex").slice(0, 12);
}
