import type { Database, Tx } from "@marketmesh/postgres";
import { resultOf } from "../domain/decision.ts";
import type { Hold } from "../domain/hold.ts";
import { holdIdOf } from "../domain/hold-id.ts";
import type { Plan } from "../domain/plan.ts";
import type { Round } from "../domain/round.ts";
import { announceRound } from "../events/round-facts.ts";
import { openLedger } from "../ledger/open-ledger.ts";
import { claimHold, type Terms, writeHolds } from "../ledger/take-holds.ts";
import { holdClock } from "../storage/clock-store.ts";
import { saveResults } from "../storage/decision-store.ts";
import { clearActiveRound } from "../storage/plan-store.ts";
import {
  type RoundPair,
  readDecisionsWithLosses,
  readRoundPairs,
  saveLostPairs,
} from "../storage/round-pair-store.ts";
import { assertLease, type LeasedRound, stepRound } from "../storage/round-store.ts";
import { saveHeld } from "../storage/schedule-store.ts";
import { planOfRound } from "./plan-of-round.ts";
import type { RoundDeps } from "./round-deps.ts";
import { topics } from "./signals.ts";

/**
 * SOLVED to COMMITTED: takes the holds that were solved, some hundred in a transaction that also moves the round's
 * cursor. Stopped at any point, the next worker goes on behind the cursor and decides nothing again.
 */
export async function commitRound(deps: RoundDeps, leased: LeasedRound, signal: AbortSignal): Promise<Round> {
  const { database, signals } = deps;
  const { market } = leased;
  const plan = await database.background((tx) => planOfRound(tx, leased));
  let round = leased.round;
  while (round.pairsCommitted < round.pairsCount) {
    signal.throwIfAborted();
    const now = { ...leased, round };
    round = await database.background((tx) => commitPairs(tx, deps, now, plan), { mayRepeat: true });
    deps.faultPoint("round.holding");
    signals.tell(topics.round(market, round.id));
  }
  return finish(database, deps, { ...leased, round });
}

async function commitPairs(tx: Tx, deps: RoundDeps, leased: LeasedRound, plan: Plan): Promise<Round> {
  const startMs = performance.now();
  const { market, round } = leased;
  const clock = await holdClock(tx, market);
  await assertLease(tx, leased);
  const pairs = await readRoundPairs(tx, market, round.id, round.pairsCommitted, deps.pairsPerCommit);
  if (pairs.length === 0)
    throw new Error(`round ${round.id} has lost its pairs from ${round.pairsCommitted} on`);
  const terms: Terms = {
    answeredBy: plan.answeredBy,
    commit: true,
    expireTime: new Date(clock.time.getTime() + plan.acceptanceWindowMs),
    rules: plan.offers,
    continued: round.pairsCommitted > 0,
  };
  const ledger = await openLedger(
    tx,
    market,
    pairs.flatMap(({ demand, supply }) => [demand, supply]),
  );
  const claimed: Hold[] = [];
  const lost: { position: number; reason: string }[] = [];
  for (const pair of pairs) {
    const taken = claimHold(ledger, wantedOf(leased, pair), terms, clock.time);
    if (taken.ok) claimed.push(taken.hold);
    else lost.push({ position: pair.position, reason: taken.reason });
  }
  await saveLostPairs(tx, market, round.id, lost);
  const holds = await writeHolds(tx, market, ledger, claimed, terms, clock);
  const step = {
    pairsCommitted: round.pairsCommitted + pairs.length,
    holdCount: round.holdCount + holds.length,
    heldUnits: round.heldUnits + holds.reduce((sum, { units }) => sum + units, 0),
    attempts: 0,
    phases: { commit: (round.phases.commit ?? 0) + performance.now() - startMs },
  };
  return stepRound(tx, leased, step, deps.leaseMs);
}

function wantedOf({ market, round }: LeasedRound, pair: RoundPair) {
  return {
    id: holdIdOf(market, `round/${round.id}`, pair.demand, pair.supply),
    demand: pair.demand,
    supply: pair.supply,
    units: pair.units,
    score: pair.demandScore,
    supplyScore: pair.supplyScore,
    plan: round.plan,
    round: round.id,
    decision: pair.decision,
  };
}

async function finish(database: Database, deps: RoundDeps, leased: LeasedRound): Promise<Round> {
  const { market, round } = leased;
  return database.background(async (tx) => {
    const losers = await readDecisionsWithLosses(tx, market, round.id);
    // They had choices, or they could not have lost one.
    const results = losers.map(({ id, ...units }) => ({
      id,
      result: resultOf({ ...units, eligible: 1, choices: 1 }),
    }));
    await saveResults(tx, market, results);
    const decideMs = Date.now() - round.createTime.getTime();
    const committed = await stepRound(tx, leased, { state: "COMMITTED", decideMs }, deps.leaseMs);
    await clearActiveRound(tx, market, round.plan, round.id);
    await saveHeld(tx, market, round.plan, round.id);
    await announceRound(tx, market, committed);
    return committed;
  });
}
