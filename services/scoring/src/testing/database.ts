import { eventMigrations } from "@marketmesh/events";
import { type Database, migrate, openDatabase, type Scope } from "@marketmesh/postgres";
import { createTestDatabase } from "@marketmesh/testkit/servers";

const migrations = new URL("../../migrations/", import.meta.url);

/** A database and the URLs of its roles. */
export interface TestDatabase extends AsyncDisposable {
  readonly database: Database;
  readonly urls: { readonly url: string; readonly backgroundUrl: string };
}

/** A migrated database of this service, dropped at the end of `await using`. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const created = await createTestDatabase({
    service: "scoring",
    template: {
      key: "scoring",
      migrate: async ({ migratorUrl }) => {
        const roles = { appRole: "mm_scoring_app", backgroundRole: "mm_scoring_background" };
        await migrate(migratorUrl, [eventMigrations, { namespace: "scoring", directory: migrations }], roles);
      },
    },
  });
  const urls = { url: created.appUrl, backgroundUrl: created.backgroundUrl };
  const database = await openDatabase(urls);
  return {
    database,
    urls,
    async [Symbol.asyncDispose]() {
      await database.close();
      await created.drop();
    },
  };
}

/** The eyes of a market's staff. */
export function staffOf(market: string): Scope {
  return { market, reach: "MARKET", principal: `markets/${market}/serviceAccounts/staff`, party: "" };
}

/** The eyes of one party. */
export function partyOf(market: string, party: string): Scope {
  return { market, reach: "PARTY", principal: `markets/${market}/parties/${party}`, party };
}
