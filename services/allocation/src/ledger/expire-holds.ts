import type { Database, Tx } from "@marketmesh/postgres";
import type { Logger } from "@marketmesh/telemetry";
import type { Hold } from "../domain/hold.ts";
import { type Signals, topics } from "../rounds/signals.ts";
import { readBundledHolds } from "../storage/bundle-store.ts";
import { type Clock, holdClock, readClock } from "../storage/clock-store.ts";
import { readDueHolds, readNextDue, tryLockExpiry } from "../storage/due-hold-store.ts";
import { readHolds } from "../storage/hold-store.ts";
import type { ExpiryAlarm } from "./expiry-alarm.ts";
import { LeftOut } from "./left-out.ts";
import { lockOffered } from "./lock-offered.ts";
import { settleHolds } from "./settle-holds.ts";

/** Holds ended by one transaction of the background loop. */
const batchMax = 500;
const busyMs = 50;

/** What an expiry ended. */
export interface Expired {
  readonly offers: number;
  /** Holds without an offer. */
  readonly holds: number;
}

/** Ends the first `limit` due holds of a market, in (expire_time, id) order. Holds that were settled meanwhile stay. */
export async function expireDueHolds(
  tx: Tx,
  market: string,
  clock: Clock,
  limit: number,
  leftOut: readonly string[] = [],
): Promise<Expired> {
  return expireThese(tx, market, clock, await readDueHolds(tx, market, clock.time, limit, leftOut));
}

/** Ends holds where they are due, in the order given, each with its bundle. */
async function expireThese(tx: Tx, market: string, clock: Clock, due: readonly Hold[]): Promise<Expired> {
  // A bundle ends as one, though the limit may have cut it.
  const bundles = new Set(due.flatMap(({ bundle }) => bundle ?? []));
  const bundled = await readBundledHolds(tx, market, [...bundles]);
  const ids = [...new Set([...due.map(({ id }) => id), ...bundled])];
  const { holds: locked, siblings } = await lockOffered(tx, market, ids);
  // In the order of their time, which the facts keep; one that was renewed meanwhile stays.
  const ending = ids.flatMap((id) => locked.get(id) ?? []).filter((hold) => isDue(hold, clock.time));
  const { offers } = await settleHolds(
    tx,
    market,
    ending.map((hold) => ({ hold, to: "EXPIRED" })),
    clock,
    { siblings },
  );
  const offered = offers.filter(({ state }) => state === "EXPIRED").length;
  return { offers: offered, holds: ending.length - offered };
}

function isDue({ state, expireTime }: Hold, now: Date): boolean {
  return state === "HELD" && expireTime <= now;
}

/** What ending due holds needs. */
export interface ExpiryDeps {
  readonly database: Database;
  readonly signals: Signals;
  readonly alarm: ExpiryAlarm;
  readonly log: Logger;
  /** Holds of other replicas are noticed that late. */
  readonly pollMs: number;
}

/**
 * Ends due holds of markets with the real clock, until the signal aborts: a batch of each market that has some, then again,
 * so that a large market does not keep the others waiting. Sleeps until the next one is due. Sandbox clocks end theirs when
 * they advance.
 */
export async function expireHolds(deps: ExpiryDeps, signal: AbortSignal): Promise<void> {
  const { database, alarm, pollMs, log } = deps;
  const leftOut = new LeftOut(log, "due holds were not ended");
  while (!signal.aborted) {
    const next = await database.background((tx) => readNextDue(tx, leftOut.rows));
    const markets = next.filter(({ market }) => !leftOut.has(market));
    const due = markets.filter(({ inMs }) => inMs <= 0);
    let ended = 0;
    for (const { market } of due) ended += await expireBatch(deps, leftOut, market);
    if (due.length === 0) await alarm.sleep(Math.min(pollMs, markets[0]?.inMs ?? pollMs), signal);
    // Another replica is at it, or it fails: it is not asked again at once.
    else if (ended === 0) await alarm.sleep(Math.min(pollMs, busyMs), signal);
  }
}

/** How many were ended. A hold that cannot be ended, or a market, does not keep others from it. */
function expireBatch({ database, signals }: ExpiryDeps, leftOut: LeftOut, market: string): Promise<number> {
  const ending = async (end: (tx: Tx, clock: Clock) => Promise<Expired>): Promise<number> => {
    const { offers, holds } = await database.background((tx) => asOnlyOne(tx, market, end), {
      mayRepeat: true,
    });
    if (offers + holds > 0) signals.tell(topics.offersSettled);
    return offers + holds;
  };
  return leftOut.work(market, {
    all: () => ending((tx, clock) => expireDueHolds(tx, market, clock, batchMax, leftOut.rows)),
    rows: async () => {
      const due = await database.background(async (tx) => {
        const { time } = await readClock(tx, market);
        return readDueHolds(tx, market, time, batchMax, leftOut.rows);
      });
      return due.map(({ id }) => id);
    },
    some: (ids) =>
      ending(async (tx, clock) => expireThese(tx, market, clock, await readHolds(tx, market, ids))),
  });
}

/** Nothing where another replica is at it, or where the market's clock is not the real one. */
async function asOnlyOne(
  tx: Tx,
  market: string,
  end: (tx: Tx, clock: Clock) => Promise<Expired>,
): Promise<Expired> {
  const nothing = { offers: 0, holds: 0 };
  if (!(await tryLockExpiry(tx, market))) return nothing;
  const clock = await holdClock(tx, market);
  return clock.mode === "REAL" ? await end(tx, clock) : nothing;
}
