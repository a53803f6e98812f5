import type { Database } from "@marketmesh/postgres";
import type { Sql } from "postgres";
import { holdIdOf } from "../../../services/allocation/src/domain/hold-id.ts";
import { openLedger } from "../../../services/allocation/src/ledger/open-ledger.ts";
import { claimHold, writeHolds } from "../../../services/allocation/src/ledger/take-holds.ts";
import { holdClock } from "../../../services/allocation/src/storage/clock-store.ts";
import { savePlan } from "../../../services/allocation/src/storage/plan-store.ts";
import { insertRankings } from "../../../services/allocation/src/storage/ranking-store.ts";
import { insertRows, market, rowOf } from "./listings.ts";

/** Who may be offered after another, of each demand. */
export const candidatesCount = 3;
const rules = { backfillWavesMax: 1, overOfferPerUnit: 1, counterRoundsMax: 0, waitlist: false };
const plan = {
  demandKind: "want",
  supplyKind: "tool",
  policy: "fit",
  demandModel: "liking",
  supplyModel: "",
  strategy: "DEFERRED_ACCEPTANCE",
  proposing: "DEMAND",
  topK: 50,
  unitMode: "SPREAD",
  answeredBy: "SUPPLY",
  acceptanceWindowMs: 3_600_000,
  offers: { ...rules, waveWindowMs: 3_600_000 },
} as const;

/**
 * Demands `o0`, `o1` … whose decisions each ranked three supplies of their own and offered the demand to the first: as a plan
 * leaves it that replaces an offer once. Answers the holds' ids by demand.
 */
export async function makeOffers(
  database: Database,
  sql: Sql,
  count: number,
  windowMs: number,
): Promise<Map<string, string>> {
  const demands = Array.from({ length: count }, (_, n) => `o${n}`);
  const supplyOf = (demand: string, n: number) => `${demand}-s${n}`;
  const nth = Array.from({ length: candidatesCount }, (_, n) => n);
  await insertRows(sql, [
    ...demands.map((demand, n) => rowOf(demand, "DEMAND", 1, 10_000 + n)),
    ...demands.flatMap((demand, at) =>
      nth.map((n) => rowOf(supplyOf(demand, n), "SUPPLY", 1, 10_000 + at * candidatesCount + n)),
    ),
  ]);
  const ids = new Map<string, string>();
  await database.background(async (tx) => {
    await savePlan(tx, market, "p", 1, plan);
    const clock = await holdClock(tx, market);
    const rankings = demands.map((demand) => {
      const candidates = nth.map((n) => ({
        supply: supplyOf(demand, n),
        demandScore: 9 - n,
        supplyScore: 0,
      }));
      return { decision: `d-${demand}`, demand, plan: "p", candidates };
    });
    await insertRankings(tx, market, rankings, clock.time);
    const ledger = await openLedger(
      tx,
      market,
      demands.flatMap((demand) => [demand, supplyOf(demand, 0)]),
    );
    const expireTime = new Date(clock.time.getTime() + windowMs);
    const terms = { answeredBy: "SUPPLY", commit: false, expireTime, rules: plan.offers } as const;
    const holds = demands.map((demand) => {
      const id = holdIdOf(market, `decision/d-${demand}`, demand, supplyOf(demand, 0));
      const from = { score: 9, supplyScore: 0, plan: "p", round: "", decision: `d-${demand}` };
      const wanted = { id, demand, supply: supplyOf(demand, 0), units: 1, ...from };
      const taken = claimHold(ledger, wanted, terms, clock.time);
      if (!taken.ok) throw new Error(`${demand}: ${taken.reason}`);
      ids.set(demand, id);
      return taken.hold;
    });
    await writeHolds(tx, market, ledger, holds, terms, clock);
  });
  return ids;
}

/** What is wrong where each of these offers ended without a yes: each must be replaced once, by the next best; nothing else. */
export async function brokenReplacements(sql: Sql, ids: ReadonlyMap<string, string>): Promise<string[]> {
  const rows = await sql<{ demand: string; supply: string; replaces: string; state: string; wave: number }[]>`
    select demand, supply, replaces, state, wave from offers where market = ${market} order by demand, wave, supply`;
  const byDemand = Map.groupBy(rows, ({ demand }) => demand);
  const jobs = await sql<{ offer: string }[]>`select offer from offer_jobs where market = ${market}`;
  const wrong = jobs.map(({ offer }) => `left: offer ${offer} is still to be replaced`);
  for (const [demand, id] of ids) {
    const offers = byDemand.get(demand) ?? [];
    const said = offers.map((offer) => `${offer.wave} ${offer.supply} ${offer.state} ${offer.replaces}`);
    const [first, second] = offers;
    const ended = first?.state === "EXPIRED" || first?.state === "DECLINED";
    const next = second?.supply === `${demand}-s1` && second.replaces === id && second.state === "MADE";
    if (offers.length !== 2 || !ended || !next) wrong.push(`${demand}: ${said.join("; ")}`);
  }
  return wrong;
}
