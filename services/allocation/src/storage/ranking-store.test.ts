import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { openTestDatabase } from "../testing/database.ts";
import { saveClock } from "./clock-store.ts";
import { insertRankings, purgeRankings, readKeptScore, readRankings } from "./ranking-store.ts";

const market = "bazaar";
const candidate = (supply: string, demandScore: number) => ({
  supply,
  demandScore,
  supplyScore: -demandScore,
});

test("rankings are kept in their order, and the last of a plan tells how a demand saw a supply", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  const kept = { demand: "job", plan: "p" };
  await database.background(async (tx) => {
    await insertRankings(
      tx,
      market,
      [{ ...kept, decision: "one", candidates: [candidate("a", 5)] }],
      new Date(1_000),
    );
    const later = [candidate("b", 9), candidate("a", 7)];
    await insertRankings(tx, market, [{ ...kept, decision: "two", candidates: later }], new Date(2_000));
    const read = await readRankings(tx, market, ["one", "two", "three", "two"]);
    expect(read.get("two")).toEqual(later);
    expect(read.has("three")).toBe(false);
    expect(await readKeptScore(tx, market, "p", "job", "a")).toBe(7);
    expect(await readKeptScore(tx, market, "p", "job", "c")).toBeUndefined();
    expect(await readKeptScore(tx, market, "other", "job", "a")).toBeUndefined();
  });
});

test("old rankings go, but not while an offer is due", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  const rankings = ["gone", "due"].map((demand) => ({ demand, plan: "p", decision: demand, candidates: [] }));
  await database.background(async (tx) => {
    await insertRankings(tx, market, rankings, new Date(0));
    await tx.execute(sql`insert into offer_jobs (market, bucket, offer, kind, demand, plan, round, decision, units, wanted, wave, rules)
      values (${market}, 0, 'o', 'BACKFILL', 'due', 'p', '', 'due', 1, 1, 2, '{}')`);
    expect(await purgeRankings(tx, 10)).toBe(1);
    expect((await readRankings(tx, market, ["gone", "due"])).has("due")).toBe(true);
  });
});

test("rankings grow old by the market clock", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  const start = new Date("2020-01-01T00:00:00Z");
  const after = (days: number) => new Date(start.getTime() + days * 86_400_000);
  await database.background(async (tx) => {
    await saveClock(tx, market, "SANDBOX", after(29), 1);
    const ranking = { decision: "one", demand: "job", plan: "p", candidates: [] };
    await insertRankings(tx, market, [ranking], start);
    expect(await purgeRankings(tx, 10)).toBe(0);
    await saveClock(tx, market, "SANDBOX", after(31), 2);
    expect(await purgeRankings(tx, 10)).toBe(1);
  });
});
