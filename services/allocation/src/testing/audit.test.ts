import { randomUUID } from "node:crypto";
import type { Database, Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { addUnits } from "../domain/stock.ts";
import { createBundle } from "../inventory/bundles.ts";
import { changeStock } from "../inventory/change-stock.ts";
import { createHolds } from "../ledger/create-holds.ts";
import { settleAsked } from "../ledger/settle-asked.ts";
import { appendCapacityChanges } from "../storage/capacity-change-store.ts";
import { insertLevels } from "../storage/capacity-store.ts";
import { brokenCapacity } from "./audit.ts";
import { openTestDatabase, staffOf } from "./database.ts";
import { levelOf } from "./levels.ts";

const market = "bazaar";
const north = { location: "north", slot: "" };
const caller = { principal: "staff", reach: "MARKET", party: "" } as never;

/** A market in which everything was done once: stock at two places, holds that are held, confirmed and released, a bundle. */
async function trade(database: Database): Promise<void> {
  await database.transaction(staffOf(market), async (tx) => {
    const levels = [
      levelOf({ listingId: "s", catalogUnits: 9, version: 0 }),
      levelOf({ listingId: "t", catalogUnits: 9, version: 0, exclusiveGroup: "g" }),
      levelOf({ listingId: "d", side: "DEMAND", catalogUnits: 9, version: 0 }),
    ];
    await insertLevels(tx, market, levels);
    const changes = levels.map(({ listingId, onHand, updateTime }) => ({
      ...{ listingId, version: 0, delta: onHand, onHand, reason: "CATALOG", principal: "" },
      ...{
        createTime: updateTime,
        kind: "CATALOG" as const,
        moves: [{ location: "", slot: "", delta: onHand }],
      },
    }));
    await appendCapacityChanges(tx, market, changes);
    const asked = { market, listing: "s", kind: "RECEIVE", reason: "came", etag: "" } as const;
    await changeStock(tx, caller, asked, (level, { now }) => addUnits(level, north, 5, now));
    const pair = { demand: "d", units: 1, expireTime: undefined, party: undefined };
    const ids = ["h1", "h2", "h3", "h4"];
    await createHolds(tx, market, [
      { ...pair, id: "h1", supply: "s", place: north },
      { ...pair, id: "h2", supply: "s", place: north },
      { ...pair, id: "h3", supply: "s" },
      { ...pair, id: "h4", supply: "t" },
    ]);
    const settlements = ids.slice(0, 2).map((hold) => ({
      ...{ hold, units: 0, rest: undefined },
      to: hold === "h1" ? ("CONFIRMED" as const) : ("RELEASED" as const),
    }));
    await settleAsked(tx, market, settlements);
    const components = [1, 2].map((units) => ({ supply: "s", units, place: { location: "", slot: "" } }));
    const bundle = {
      id: "b",
      demand: "d",
      demandUnits: 1,
      components,
      expireTime: undefined,
      party: undefined,
    };
    await createBundle(tx, market, bundle, randomUUID);
  });
}

const broken = (database: Database) => database.background((tx) => brokenCapacity(tx));

test("a market in which all was done by the ledger has nothing to report", async () => {
  await using opened = await openTestDatabase();
  await trade(opened.database);
  expect(await broken(opened.database)).toEqual([]);
});

test("each way in which it could be wrong is reported, by the rule that it breaks", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await trade(database);
  const faults: [rule: string, done: ReturnType<typeof sql>][] = [
    ["a level's claims", sql`update capacity_levels set held = held + 1 where listing_id = 's'`],
    ["a pool's claims", sql`update capacity_pools set held = held + 1`],
    ["the sums of its pools", sql`update capacity_pools set on_hand = on_hand + 1`],
    ["sum of its history", sql`update capacity_levels set on_hand = on_hand + 1 where listing_id = 's'`],
    ["history adds up", sql`update capacity_changes set delta = delta + 1 where kind = 'RECEIVE'`],
    ["the confirmed holds", sql`delete from allocations`],
    ["the confirmed holds", sql`update allocations set units = units + 1`],
    ["group claims", sql`delete from group_claims`],
    ["a bundle's holds", sql`delete from holds where bundle is not null and demand_units = 0`],
    ["version of a hold", sql`delete from marketmesh.outbox where feed = 'hold' and aggregate_id = 'h1'`],
    ["version of a level", sql`delete from marketmesh.outbox where feed = 'capacity' and aggregate_id = 's'`],
  ];
  for (const [rule, done] of faults) {
    const undone = new Error("undone");
    const reported = await database
      .background(async (tx: Tx) => {
        await tx.execute(done);
        throw Object.assign(undone, { found: await brokenCapacity(tx) });
      })
      .catch((error: Error & { found?: string[] }) => error.found ?? Promise.reject(error));
    expect(
      reported.some((line) => line.includes(rule)),
      `${rule}: ${reported}`,
    ).toBe(true);
  }
  expect(await broken(database)).toEqual([]);
});
