import { eventMigrations } from "@marketmesh/events";
import { type Database, migrate, openDatabase } from "@marketmesh/postgres";
import { createTestDatabase } from "@marketmesh/testkit";

/** Identity's empty tables on the run's Postgres, without a service. */
export async function migratedDatabase(): Promise<{ readonly database: Database } & AsyncDisposable> {
  const created = await createTestDatabase({
    service: "identity",
    template: {
      key: "tables",
      migrate: async ({ migratorUrl }) => {
        const directory = new URL("../migrations/", import.meta.url);
        const roles = { appRole: "mm_identity_app", backgroundRole: "mm_identity_background" };
        await migrate(migratorUrl, [eventMigrations, { namespace: "identity", directory }], roles);
      },
    },
  });
  const database = await openDatabase({ url: created.appUrl, backgroundUrl: created.backgroundUrl });
  return {
    database,
    async [Symbol.asyncDispose]() {
      await database.close();
      await created.drop();
    },
  };
}
