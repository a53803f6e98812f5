import type { Announced } from "@marketmesh/events";
import type { Database } from "@marketmesh/postgres";
import type { Histogram, Metrics, Reading } from "@marketmesh/telemetry";
import * as defined from "./metrics.ts";
import type { Signals } from "./rounds/signals.ts";
import {
  type CountedFeed,
  countHeld,
  countOverdue,
  type DemandUnits,
  readDemandUnits,
  readFillTimes,
  takeUncounted,
} from "./storage/outcome-store.ts";

const factsMax = 5_000;
/** Looking at everything takes at most this share of a connection's time. */
const share = 1 / 50;

export interface OutcomeDeps {
  readonly database: Database;
  readonly metrics: Metrics;
  readonly signals: Signals;
  readonly measureEveryMs: number;
}

/**
 * Tells how the markets do: what became of holds and offers, counted from the facts that were announced, each by one
 * replica; and what the levels add up to, which every replica sees alike.
 */
export async function measureOutcomes(deps: OutcomeDeps, signal: AbortSignal): Promise<void> {
  const { database, metrics, signals, measureEveryMs } = deps;
  const count = counting(metrics);
  const show = standing(metrics);
  let lookAgainMs = 0;
  while (!signal.aborted) {
    for (const feed of ["hold", "offer", "allocation"] as const) {
      while ((await countSome(database, feed, count)) === factsMax && !signal.aborted);
    }
    const startMs = performance.now();
    if (startMs >= lookAgainMs) {
      const options = { readOnly: true, timeoutMs: 10_000, signal };
      show(
        await database.background(readDemandUnits, options),
        await database.background(countHeld, options),
        await database.background(countOverdue, options),
      );
      const tookMs = performance.now() - startMs;
      lookAgainMs = startMs + Math.max(measureEveryMs, tookMs / share);
    }
    await signals.wait("outcomes", measureEveryMs, signal);
  }
}

interface Counting {
  facts(feed: CountedFeed, facts: readonly Announced[]): void;
  readonly fillTime: Histogram;
}

/** Counts after the commit: what was taken by a transaction that failed is taken again. Returns how many. */
async function countSome(database: Database, feed: CountedFeed, count: Counting): Promise<number> {
  const { facts, fillTimes } = await database.background(async (tx) => {
    const taken = await takeUncounted(tx, feed, factsMax);
    return { facts: taken, fillTimes: feed === "allocation" ? await readFillTimes(tx, taken) : [] };
  });
  count.facts(feed, facts);
  for (const { market, seconds } of fillTimes) count.fillTime.observe(seconds, { market });
  return facts.length;
}

/** Facts after which the state is what it was. */
const passing: ReadonlySet<string> = new Set(["HoldRenewed", "OfferCountered", "OfferCounterDeclined"]);

/** The state that a fact's name says: `HoldCreated` is HELD, `OfferExpired` is EXPIRED. */
function stateOf(factName: string): string {
  const word = factName.replace(/^(Hold|Offer)/, "");
  return word === "Created" ? "HELD" : word.toUpperCase();
}

function counting(metrics: Metrics): Counting {
  const changes = {
    hold: metrics.counter(defined.holdChanges),
    offer: metrics.counter(defined.offerChanges),
  };
  return {
    fillTime: metrics.histogram(defined.timeToFill),
    facts(feed, facts) {
      if (feed === "allocation") return;
      for (const { market, factName } of facts)
        if (!passing.has(factName)) changes[feed].add(1, { market, state: stateOf(factName) });
    },
  };
}

function standing(metrics: Metrics) {
  let demand: readonly DemandUnits[] = [];
  let held: ReadonlyMap<string, number> = new Map();
  let overdue: ReadonlyMap<string, number> = new Map();
  metrics.gauge(defined.holdsHeld, {
    read: () => [...held].map(([market, value]) => ({ labels: { market }, value })),
  });
  // A market with holds and none overdue has 0.
  metrics.gauge(defined.holdsOverdue, {
    read: () => [...held.keys()].map((market) => ({ labels: { market }, value: overdue.get(market) ?? 0 })),
  });
  metrics.gauge(defined.demandUnits, {
    read: () =>
      demand.flatMap(({ market, ...units }) =>
        Object.entries(units).map(([what, value]): Reading => ({ labels: { market, what }, value })),
      ),
  });
  metrics.gauge(defined.fillRate, {
    read: () =>
      demand
        .filter(({ asked }) => asked > 0)
        .map(({ market, asked, allocated }) => ({ labels: { market }, value: allocated / asked })),
  });
  return (
    units: readonly DemandUnits[],
    holds: ReadonlyMap<string, number>,
    late: ReadonlyMap<string, number>,
  ) => {
    // A market that lost its last hold has none: it is to be seen as such.
    const gone = [...held.keys()].filter((market) => !holds.has(market));
    demand = units;
    overdue = late;
    held = new Map([...gone.map((market) => [market, 0] as const), ...holds]);
  };
}
