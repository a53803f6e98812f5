import type { Database } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { testPlan } from "../../test/in-process.ts";
import type { Offer } from "../domain/hold.ts";
import { holdIdOf } from "../domain/hold-id.ts";
import { answerOffers } from "../ledger/answer-offers.ts";
import { LeftOut } from "../ledger/left-out.ts";
import { openLedger } from "../ledger/open-ledger.ts";
import { claimHold, writeHolds } from "../ledger/take-holds.ts";
import { Signals } from "../rounds/signals.ts";
import { insertLevels } from "../storage/capacity-store.ts";
import { holdClock } from "../storage/clock-store.ts";
import { listOffers } from "../storage/offer-store.ts";
import { savePlan } from "../storage/plan-store.ts";
import { insertRankings } from "../storage/ranking-store.ts";
import { openTestDatabase, staffOf } from "../testing/database.ts";
import { levelOf } from "../testing/levels.ts";
import { fillMarket, fillSome } from "./fill-offers.ts";

const market = "bazaar";
const rules = { backfillWavesMax: 5, overOfferPerUnit: 1, counterRoundsMax: 0, waitlist: false };
const decision = "d-1";
const all = { state: undefined, round: undefined, party: undefined, demand: undefined };

/** A demand whose decision ranked s0 to s9 and offered itself to s0. */
async function offered(database: Database, { overOfferPerUnit = 1 } = {}): Promise<void> {
  const offers = { ...rules, overOfferPerUnit };
  const supplies = Array.from({ length: 10 }, (_, n) => levelOf({ listingId: `s${n}` }));
  await database.background(async (tx) => {
    await insertLevels(tx, market, [levelOf({ listingId: "job", side: "DEMAND" }), ...supplies]);
    await savePlan(tx, market, "p", 1, { ...testPlan, offers });
    const candidates = supplies.map(({ listingId: supply }, n) => ({
      supply,
      demandScore: 9 - n,
      supplyScore: 0,
    }));
    await insertRankings(tx, market, [{ decision, demand: "job", plan: "p", candidates }], new Date(0));
    const clock = await holdClock(tx, market);
    const terms = {
      answeredBy: "SUPPLY",
      commit: false,
      expireTime: new Date(clock.time.getTime() + 60_000),
      rules: offers,
    } as const;
    const ledger = await openLedger(tx, market, ["job", "s0"]);
    const from = { score: 9, supplyScore: 0, plan: "p", round: "", decision };
    const id = holdIdOf(market, `decision/${decision}`, "job", "s0");
    const taken = claimHold(
      ledger,
      { id, demand: "job", supply: "s0", units: 1, ...from },
      terms,
      clock.time,
    );
    if (taken.ok) await writeHolds(tx, market, ledger, [taken.hold], terms, clock);
  });
}

const offersOf = (database: Database): Promise<Offer[]> =>
  database.background((tx) => listOffers(tx, market, all, "", 100));

async function answer(database: Database, answer: "ACCEPT" | "DECLINE"): Promise<void> {
  const open = (await offersOf(database)).find(({ state }) => state === "MADE")!;
  const answers = [{ offer: open.id, answer }] as const;
  await database.transaction(staffOf(market), (tx) => answerOffers(tx, market, answers));
}

async function fill(database: Database, faultPoint: (point: string) => void = () => {}): Promise<number> {
  const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log } as never;
  const deps = { database, signals: new Signals(), log, uuid: () => "u", faultPoint };
  return database.background((tx) => fillSome(deps, tx, market), { mayRepeat: true });
}

test("a process that dies between choosing and offering leaves the job for the next, which offers once", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await offered(database);
  await answer(database, "DECLINE");
  const died = fill(database, (point) => {
    if (point === "offers.chosen") throw new Error("killed");
  });
  await expect(died).rejects.toThrow("killed");
  expect((await offersOf(database)).map(({ state }) => state)).toEqual(["DECLINED"]);
  expect(await fill(database)).toBe(1);
  expect(await fill(database)).toBe(0);
  const made = (await offersOf(database)).filter(({ state }) => state === "MADE");
  expect(made.map(({ supply, wave }) => [supply, wave])).toEqual([["s1", 2]]);
});

test("two processes at once make one offer for a job", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await offered(database);
  await answer(database, "DECLINE");
  const done = await Promise.all([fill(database), fill(database), fill(database)]);
  expect(done.reduce((sum, count) => sum + count)).toBe(1);
  expect((await offersOf(database)).filter(({ state }) => state === "MADE")).toHaveLength(1);
});

test("a plan that nobody answers any more, or a demand that is taken, ends the job without an offer", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await offered(database);
  await answer(database, "DECLINE");
  await database.background((tx) =>
    tx.execute(sql`update capacity_levels set open = false where listing_id = 'job'`),
  );
  expect(await fill(database)).toBe(1);
  await database.background((tx) =>
    tx.execute(sql`update capacity_levels set open = true where listing_id = 'job'`),
  );
  expect(await fill(database)).toBe(0);
  expect((await offersOf(database)).map(({ state }) => state)).toEqual(["DECLINED"]);
});

test("a demand that was accepted before more was offered is offered to nobody else", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await offered(database, { overOfferPerUnit: 3 });
  await answer(database, "ACCEPT");
  expect(await fill(database)).toBe(1);
  expect((await offersOf(database)).map(({ state }) => state)).toEqual(["ACCEPTED"]);
});

test("where the first offer came to nothing before more was offered, one of them claims the demand", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await offered(database, { overOfferPerUnit: 4 });
  await database.background((tx) =>
    tx.execute(sql`update offers set rules = rules || '{"backfillWavesMax": 0}'`),
  );
  await answer(database, "DECLINE");
  expect(await fill(database)).toBe(1);
  const holds = await database.background((tx) =>
    tx.execute(sql`select supply, demand_units::int from holds where state = 'HELD' order by supply`),
  );
  expect([...holds]).toEqual([
    { supply: "s1", demand_units: null },
    { supply: "s2", demand_units: 0 },
    { supply: "s3", demand_units: 0 },
  ]);
});

test("a job that cannot be done keeps no other from being done, and is told once", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await offered(database);
  await answer(database, "DECLINE");
  // The first in the queue: a window that is no time.
  await database.background((tx) =>
    tx.execute(sql`
      insert into offer_jobs (market, bucket, offer, kind, seq, demand, plan, round, decision, units, wanted, wave, rules)
      overriding system value
      select market, bucket, 'ill', kind, 0, demand, plan, round, decision, units, wanted, wave, '{}' from offer_jobs`),
  );
  const told: unknown[] = [];
  const log = { error: (...all: unknown[]) => told.push(all) } as never;
  const deps = { database, signals: new Signals(), log, uuid: () => "u", faultPoint: () => {} };
  const leftOut = new LeftOut(log, "not made", () => 1_000);
  expect(await fillMarket(deps, leftOut, market)).toBe(1);
  for (let n = 0; n < 5; n++) expect(await fillMarket(deps, leftOut, market)).toBe(0);
  expect(leftOut.rows).toEqual(["BACKFILL ill"]);
  expect(told).toHaveLength(1);
  expect((await offersOf(database)).filter(({ state }) => state === "MADE")).toHaveLength(1);
});
