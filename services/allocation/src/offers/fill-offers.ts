import type { Tx } from "@marketmesh/postgres";
import { claimableOf } from "../domain/level.ts";
import { LeftOut } from "../ledger/left-out.ts";
import { openLedger } from "../ledger/open-ledger.ts";
import { writeHolds } from "../ledger/take-holds.ts";
import { topics } from "../rounds/signals.ts";
import { readCandidateLevels } from "../storage/capacity-store.ts";
import { holdClock } from "../storage/clock-store.ts";
import { readGivenSupplies } from "../storage/hold-store.ts";
import {
  deleteOfferJobs,
  marketsWithOfferJobs,
  type OfferJob,
  type OfferJobFilter,
  readOfferJobKeys,
  takeOfferJobs,
} from "../storage/offer-job-store.ts";
import { lockOverOffers, readClaimedDemands } from "../storage/over-offer-store.ts";
import { readPlan } from "../storage/plan-store.ts";
import { readRankings } from "../storage/ranking-store.ts";
import { type FilledJob, isClaiming, takeNextBest } from "./next-best.ts";
import type { OfferDeps } from "./offer-deps.ts";

/** Jobs of one transaction. */
const jobsMax = 50;
const pollMs = 500;
/** Candidates to lock beyond those that are wanted, in case somebody is faster. */
const spare = 16;

/**
 * Makes the offers that are due without a new decision: the next best where one came to nothing, more than there is where the plan
 * says so. A job goes in the transaction that makes its offers, so that it leads to them once.
 */
export async function fillOffers(deps: OfferDeps, signal: AbortSignal): Promise<void> {
  const { database, signals, log } = deps;
  const leftOut = new LeftOut(log, "offers that are due were not made");
  while (!signal.aborted) {
    const markets = await database.background((tx) => marketsWithOfferJobs(tx, { leftOut: leftOut.rows }));
    let done = 0;
    for (const market of markets) if (!leftOut.has(market)) done += await fillMarket(deps, leftOut, market);
    if (done > 0) signals.tell(topics.offersSettled);
    else await signals.wait(topics.offersSettled, pollMs, signal);
  }
}

/** How many jobs are done. One that fails stays, and keeps no other from being done. */
export async function fillMarket(deps: OfferDeps, leftOut: LeftOut, market: string): Promise<number> {
  const { database } = deps;
  const filling = async (filter: OfferJobFilter): Promise<number> => {
    const done = await database.background((tx) => fillSome(deps, tx, market, filter), { mayRepeat: true });
    deps.faultPoint("offers.filled");
    return done;
  };
  return leftOut.work(market, {
    all: () => filling({ leftOut: leftOut.rows }),
    rows: () => database.background((tx) => readOfferJobKeys(tx, market, jobsMax, { leftOut: leftOut.rows })),
    some: (only) => filling({ only }),
  });
}

/** Works on the first jobs of a market; returns how many are done. */
export async function fillSome(
  deps: OfferDeps,
  tx: Tx,
  market: string,
  filter: OfferJobFilter = {},
): Promise<number> {
  const clock = await holdClock(tx, market);
  const taken = await takeOfferJobs(tx, market, jobsMax, filter);
  if (taken.length === 0) return 0;
  // Of one plan: who answers is the plan's.
  const jobs = taken.filter(({ plan }) => plan === taken[0]!.plan);
  const answeredBy = (await readPlan(tx, market, jobs[0]!.plan))?.answeredBy;
  await deleteOfferJobs(tx, market, jobs);
  if (answeredBy === undefined) return jobs.length;
  const over = [...new Set(jobs.filter(({ rules }) => rules.over).map(({ demand }) => demand))].sort();
  await lockOverOffers(tx, market, over);
  const offered = await readClaimedDemands(tx, market, over);
  const choices = await readChoices(tx, market, jobs, clock.time);
  const listings = choices.flatMap(({ job, candidates }) => [
    job.demand,
    ...candidates.map(({ supply }) => supply),
  ]);
  const ledger = await openLedger(tx, market, listings);
  const given = new Map<string, Set<string>>();
  const filled = choices.map(({ job, candidates }) => {
    const before = given.get(job.demand) ?? new Set<string>();
    const left = candidates.filter(({ supply }) => !before.has(supply));
    const made = takeNextBest(market, ledger, job, left, answeredBy, offered.has(job.demand), clock.time);
    if (made.holds.some(isClaiming)) offered.add(job.demand);
    given.set(job.demand, new Set([...before, ...made.holds.map(({ supply }) => supply)]));
    return made;
  });
  deps.faultPoint("offers.chosen");
  const holds = filled.flatMap((one) => one.holds);
  if (holds.length > 0) {
    const terms = { answeredBy, commit: false, expireTime: clock.time, made: madeOf(filled) };
    await writeHolds(tx, market, ledger, holds, terms, clock);
  }
  return jobs.length;
}

/** The candidates of each job that seem to be left and that its demand was not given before, best first. */
async function readChoices(tx: Tx, market: string, jobs: readonly OfferJob[], now: Date) {
  const rankings = await readRankings(
    tx,
    market,
    jobs.map(({ decision }) => decision),
  );
  const demands = [...new Set(jobs.map(({ demand }) => demand))];
  const given = await readGivenSupplies(tx, market, jobs[0]!.plan, demands);
  const ranked = [...rankings.values()].flat().map(({ supply }) => supply);
  const levels = await readCandidateLevels(tx, market, ranked);
  const free = new Set(
    levels.filter((level) => claimableOf(level, now) > 0).map(({ listingId }) => listingId),
  );
  return jobs.map((job) => {
    const left = (rankings.get(job.decision) ?? []).filter(
      ({ supply }) => free.has(supply) && !given.get(job.demand)?.has(supply),
    );
    return { job, candidates: left.slice(0, job.wanted + spare) };
  });
}

function madeOf(filled: readonly FilledJob[]): FilledJob["made"] {
  return new Map(filled.flatMap(({ made }) => [...made]));
}
