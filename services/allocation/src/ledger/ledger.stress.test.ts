import { randomUUID } from "node:crypto";
import type { Database } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { Level } from "../domain/level.ts";
import { insertLevels } from "../storage/capacity-store.ts";
import { holdClock } from "../storage/clock-store.ts";
import { lockHolds } from "../storage/hold-store.ts";
import { openTestDatabase, staffOf } from "../testing/database.ts";
import { levelOf } from "../testing/levels.ts";
import { openLedger } from "./open-ledger.ts";
import { settleHolds } from "./settle-holds.ts";
import { claimHold, type Terms, type WantedHold, writeHolds } from "./take-holds.ts";

const market = "bazaar";
const terms: Terms = { answeredBy: "SUPPLY", commit: true, expireTime: new Date("2100-01-01T00:00:00Z") };

test("64 buyers race for one unique item: exactly one holds it", async () => {
  await using opened = await openTestDatabase();
  const buyers = Array.from({ length: 64 }, (_, n) => levelOf({ listingId: `buyer-${n}`, side: "DEMAND" }));
  await seed(opened.database, [levelOf({ listingId: "unique" }), ...buyers]);
  const taken = await Promise.all(
    buyers.map((buyer) => take(opened.database, [{ demand: buyer.listingId, supply: "unique", units: 1 }])),
  );
  expect(taken.flat()).toHaveLength(1);
  expect(await totals(opened.database)).toEqual([]);
});

test("whatever runs at once, levels equal the claims and are never above what is on hand", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  const supplies = Array.from({ length: 8 }, (_, n) =>
    levelOf({
      listingId: `s${n}`,
      catalogUnits: n < 4 ? 3 : 1_000,
      exclusiveGroup: n % 4 === 3 ? "sector" : "",
      unlimited: n === 7,
    }),
  );
  const demands = Array.from({ length: 8 }, (_, n) =>
    levelOf({ listingId: `d${n}`, side: "DEMAND", catalogUnits: 12, groups: { sector: `g${n % 3}` } }),
  );
  await seed(database, [...supplies, ...demands]);
  let seed32 = 7;
  const next = (below: number) => {
    seed32 = (Math.imul(seed32, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed32 / 2 ** 32) * below);
  };
  const worker = async () => {
    for (let turn = 0; turn < 25; turn++) {
      const pairs = Array.from({ length: 1 + next(5) }, () => ({
        demand: `d${next(8)}`,
        supply: `s${next(8)}`,
        units: 1 + next(2),
      }));
      const ids = await take(database, pairs);
      const choice = next(4);
      if (choice < 3) await settle(database, ids, (["CONFIRMED", "RELEASED", "EXPIRED"] as const)[choice]!);
    }
  };
  await Promise.all(Array.from({ length: 12 }, worker));
  expect(await totals(database)).toEqual([]);
  const rows = await database.background((tx) =>
    tx.execute(sql`select 1 from capacity_levels where not unlimited and held + allocated > on_hand`),
  );
  expect(rows).toHaveLength(0);
  const [held] = await database.background((tx) =>
    tx.execute<{ holds: string; groups: string }>(sql`
      select (select count(*) from holds where state in ('HELD', 'CONFIRMED') and group_value is not null) as holds,
        (select count(*) from group_claims) as groups`),
  );
  expect(held!.holds).toBe(held!.groups);
  expect(Number(held!.groups)).toBeGreaterThan(0);
});

test("a transaction announces each listing once, in its final state", async () => {
  await using opened = await openTestDatabase();
  const demands = ["a", "b", "c"].map((listingId) => levelOf({ listingId, side: "DEMAND" }));
  await seed(opened.database, [levelOf({ listingId: "stock", catalogUnits: 5 }), ...demands]);
  await take(
    opened.database,
    demands.map(({ listingId }) => ({ demand: listingId, supply: "stock", units: 1 })),
  );
  const rows = await opened.database.background((tx) =>
    tx.execute<{ aggregate_id: string; version: string }>(sql`
      select aggregate_id, version from marketmesh.outbox where feed = 'capacity' order by aggregate_id`),
  );
  expect(rows.map((row) => [row.aggregate_id, row.version])).toEqual([
    ["a", "2"],
    ["b", "2"],
    ["c", "2"],
    ["stock", "2"],
  ]);
});

type Pair = Pick<WantedHold, "demand" | "supply" | "units">;

async function seed(database: Database, levels: Level[]): Promise<void> {
  await database.transaction(staffOf(market), (tx) => insertLevels(tx, market, levels));
}

async function take(database: Database, pairs: readonly Pair[]): Promise<string[]> {
  return database.transaction(staffOf(market), async (tx) => {
    const clock = await holdClock(tx, market);
    const ledger = await openLedger(
      tx,
      market,
      pairs.flatMap((pair) => [pair.demand, pair.supply]),
    );
    const claimed = pairs.flatMap((pair) => {
      const wanted = {
        ...pair,
        id: randomUUID(),
        score: 1,
        supplyScore: 0,
        plan: "p",
        round: "",
        decision: "d",
      };
      const taken = claimHold(ledger, wanted, terms, clock.time);
      return taken.ok ? [taken.hold] : [];
    });
    const holds = await writeHolds(tx, market, ledger, claimed, terms, clock);
    return holds.map((hold) => hold.id);
  });
}

async function settle(database: Database, ids: string[], to: "CONFIRMED" | "RELEASED" | "EXPIRED") {
  await database.transaction(staffOf(market), async (tx) => {
    const clock = await holdClock(tx, market);
    const holds = await lockHolds(tx, market, ids);
    await settleHolds(
      tx,
      market,
      holds.map((hold) => ({ hold, to })),
      clock,
    );
  });
}

/** Listings whose level differs from what their holds add up to. */
async function totals(database: Database) {
  return database.background((tx) =>
    tx.execute(sql`
      with claims as (
        select listing, sum(units) filter (where state = 'HELD') as held,
          sum(units) filter (where state = 'CONFIRMED') as allocated
        from holds cross join lateral (values (demand), (supply)) sides(listing) group by listing)
      select l.listing_id, l.held, c.held as sum_held, l.allocated, c.allocated as sum_allocated
      from capacity_levels l left join claims c on c.listing = l.listing_id
      where l.held <> coalesce(c.held, 0) or l.allocated <> coalesce(c.allocated, 0)`),
  );
}
