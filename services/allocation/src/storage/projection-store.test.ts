import type { Database } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { openTestDatabase } from "../testing/database.ts";
import { advanceListingPosition, listingSubscription } from "./projection-store.ts";

const advance = (database: Database) => database.background((tx) => advanceListingPosition(tx, 1n));

async function record(database: Database, sequences: readonly number[], age = "0 s"): Promise<void> {
  await database.background(async (tx) => {
    for (const seq of sequences) {
      await tx.execute(sql`
        insert into marketmesh.inbox (subscription, service, feed_epoch, event_id, feed, feed_seq, outcome, record_time)
        values (${listingSubscription}, 'catalog', 1, ${seq}, 'listing', ${seq}, 'handled', now() - ${age}::interval)`);
    }
  });
}

const purge = (database: Database) =>
  database.background((tx) => tx.execute(sql`delete from marketmesh.inbox`));

test("the position moves to the first gap, and on when that is filled", async () => {
  await using opened = await openTestDatabase();
  await record(opened.database, [1, 2, 5]);
  expect(await advance(opened.database)).toBe(2n);
  await record(opened.database, [3, 4]);
  expect(await advance(opened.database)).toBe(5n);
});

test("what is purged from the inbox stays projected", async () => {
  await using opened = await openTestDatabase();
  await record(opened.database, [1, 2, 3]);
  await advance(opened.database);
  await purge(opened.database);
  expect(await advance(opened.database)).toBe(3n);
  await record(opened.database, [4, 6]);
  expect(await advance(opened.database)).toBe(4n);
});

test("a feed whose beginning is no longer kept begins with the first fact, once nobody records earlier ones", async () => {
  await using opened = await openTestDatabase();
  await record(opened.database, [901, 902]);
  expect(await advance(opened.database)).toBe(0n);
  await record(opened.database, [900], "2 minutes");
  expect(await advance(opened.database)).toBe(902n);
});

test("a gap that nothing filled for a day is passed, a younger one is not", async () => {
  await using opened = await openTestDatabase();
  await record(opened.database, [1]);
  expect(await advance(opened.database)).toBe(1n);
  await record(opened.database, [10, 11], "23 hours");
  expect(await advance(opened.database)).toBe(1n);
  await record(opened.database, [9], "25 hours");
  expect(await advance(opened.database)).toBe(11n);
});
