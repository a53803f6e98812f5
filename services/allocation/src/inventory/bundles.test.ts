import { randomUUID } from "node:crypto";
import type { Database } from "@marketmesh/postgres";
import { expect, test } from "vitest";
import { expireDueHolds } from "../ledger/expire-holds.ts";
import { insertLevels, readLevels } from "../storage/capacity-store.ts";
import { holdClock } from "../storage/clock-store.ts";
import { openTestDatabase, staffOf } from "../testing/database.ts";
import { levelOf } from "../testing/levels.ts";
import { createBundle, readBundle, settleBundle } from "./bundles.ts";

const market = "bazaar";
const anywhere = { location: "", slot: "" };

async function bundled(database: Database, units: readonly number[], id = "b"): Promise<void> {
  await database.transaction(staffOf(market), async (tx) => {
    const components = units.map((each, at) => ({ supply: `s${at}`, units: each, place: anywhere }));
    const bundle = { id, demand: "d", demandUnits: 1, components, expireTime: undefined, party: undefined };
    await createBundle(tx, market, bundle, randomUUID);
  });
}

async function stocked(database: Database, units: number): Promise<void> {
  const levels = [0, 1, 2].map((n) => levelOf({ listingId: `s${n}`, catalogUnits: units }));
  const demand = levelOf({ listingId: "d", side: "DEMAND", catalogUnits: 100 });
  await database.transaction(staffOf(market), (tx) => insertLevels(tx, market, [...levels, demand]));
}

const heldOf = (database: Database) =>
  database.transaction(staffOf(market), async (tx) =>
    (await readLevels(tx, market, ["d", "s0", "s1", "s2"])).map(({ listingId, held }) => [listingId, held]),
  );

test("a bundle that is over ends whole, though fewer holds are to be ended at once", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await stocked(database, 5);
  await bundled(database, [1, 2, 3]);
  await database.transaction(staffOf(market), async (tx) => {
    const clock = await holdClock(tx, market);
    const later = { ...clock, time: new Date(clock.time.getTime() + 86_400_000) };
    expect(await expireDueHolds(tx, market, later, 1)).toEqual({ offers: 0, holds: 3 });
    const holds = await readBundle(tx, market, "b");
    expect(holds!.map(({ state }) => state)).toEqual(["EXPIRED", "EXPIRED", "EXPIRED"]);
  });
});

test("bundles that want the same supplies at once are taken whole or refused whole", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await stocked(database, 3);
  const ids = Array.from({ length: 8 }, (_, n) => `b${n}`);
  const orders = [
    [1, 1, 1],
    [1, 1],
  ];
  const ended = await Promise.allSettled(ids.map((id, n) => bundled(database, orders[n % 2]!, id)));
  const taken = ended.filter(({ status }) => status === "fulfilled").length;
  expect(taken).toBe(3);
  const held = new Map((await heldOf(database)) as [string, number][]);
  expect([held.get("d"), held.get("s0"), held.get("s1")]).toEqual([3, 3, 3]);
});

test("of a confirmation and a release at once one is done, and the other refused", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await stocked(database, 5);
  await bundled(database, [1, 2, 3]);
  const settle = (to: "CONFIRMED" | "RELEASED") =>
    database.transaction(staffOf(market), (tx) => settleBundle(tx, market, "b", to, () => true));
  const outcomes = await Promise.all([settle("CONFIRMED"), settle("RELEASED")]);
  expect(outcomes.map(({ refusal }) => refusal ?? "DONE").sort()).toEqual(["DONE", "HOLD_NOT_HELD"]);
  expect(new Set(outcomes.flatMap(({ holds }) => holds.map(({ state }) => state))).size).toBe(1);
});
