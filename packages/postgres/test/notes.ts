import { createTestDatabase, type TestDatabase } from "@marketmesh/testkit/servers";
import { type Database, type DatabaseOptions, migrate, openDatabase } from "../src/index.ts";

/** A migrated database of this package's tests with a table `notes` under row level security. */
export async function openNotes(
  options: Partial<DatabaseOptions> = {},
): Promise<{ database: Database; urls: TestDatabase; migratorUrl: string } & AsyncDisposable> {
  const created = await createTestDatabase({
    service: "notes",
    template: {
      key: "notes",
      migrate: async (urls) => {
        const roles = { appRole: "mm_notes_app", backgroundRole: "mm_notes_background" };
        const directory = new URL("./migrations/", import.meta.url);
        await migrate(urls.migratorUrl, [{ namespace: "notes", directory }], roles);
      },
    },
  });
  const database = await openDatabase({
    url: created.appUrl,
    backgroundUrl: created.backgroundUrl,
    ...options,
  });
  return {
    database,
    urls: created,
    migratorUrl: created.migratorUrl,
    async [Symbol.asyncDispose]() {
      await database.close();
      await created.drop();
    },
  };
}
