import { eventMigrations } from "@marketmesh/events";
import { type Database, migrate, openDatabase, type Scope } from "@marketmesh/postgres";
import { createTestDatabase } from "@marketmesh/testkit/servers";

const migrations = new URL("../../migrations/", import.meta.url);

/** A migrated database of this service, dropped at the end of `await using`. */
export async function openTestDatabase(): Promise<{ database: Database; url: string } & AsyncDisposable> {
  const created = await createTestDatabase({
    service: "allocation",
    template: {
      key: "allocation",
      migrate: async ({ migratorUrl }) => {
        const roles = { appRole: "mm_allocation_app", backgroundRole: "mm_allocation_background" };
        const own = { namespace: "allocation", directory: migrations };
        await migrate(migratorUrl, [eventMigrations, own], roles);
      },
    },
  });
  const database = await openDatabase({
    url: created.appUrl,
    backgroundUrl: created.backgroundUrl,
    appMax: 16,
  });
  return {
    database,
    url: created.migratorUrl,
    async [Symbol.asyncDispose]() {
      await database.close();
      await created.drop();
    },
  };
}

/** The eyes of the market's staff. */
export function staffOf(market: string): Scope {
  return { market, reach: "MARKET", principal: `markets/${market}/serviceAccounts/staff`, party: "" };
}

/** The eyes of one party. */
export function partyOf(market: string, party: string): Scope {
  return { market, reach: "PARTY", principal: `markets/${market}/parties/${party}`, party };
}
