import type { Database, Tx } from "@marketmesh/postgres";
import { type Signals, topics } from "../rounds/signals.ts";
import { type Clock, holdClock } from "../storage/clock-store.ts";
import { lockHolds, marketsWithDueHolds, readDueHolds } from "../storage/hold-store.ts";
import { settleHolds } from "./settle-holds.ts";

/** Holds ended by one transaction of the background loop. */
const batchMax = 500;

/** What an expiry ended. */
export interface Expired {
  readonly offers: number;
  /** Holds without an offer. */
  readonly holds: number;
}

/** Ends the first `limit` due holds of a market, in (expire_time, id) order. Holds that were settled meanwhile stay. */
export async function expireDueHolds(tx: Tx, market: string, clock: Clock, limit: number): Promise<Expired> {
  const due = await readDueHolds(tx, market, clock.time, limit);
  const locked = await lockHolds(
    tx,
    market,
    due.map(({ id }) => id),
  );
  const held = new Map(locked.filter(({ state }) => state === "HELD").map((hold) => [hold.id, hold]));
  // In the order of their time, which the facts keep.
  const ending = due.flatMap(({ id }) => held.get(id) ?? []);
  const { offers } = await settleHolds(
    tx,
    market,
    ending.map((hold) => ({ hold, to: "EXPIRED" })),
    clock,
  );
  return { offers: offers.length, holds: ending.length - offers.length };
}

/** Ends due holds of markets with the real clock, until the signal aborts. Sandbox clocks end theirs when they advance. */
export async function expireHolds(
  database: Database,
  signals: Signals,
  pollMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const markets = await database.background((tx) => marketsWithDueHolds(tx));
    for (const market of markets) {
      await database.background((tx) => expireBatch(tx, market), { mayRepeat: true });
      signals.tell(topics.offersSettled);
    }
    if (markets.length === 0) await signals.wait("expiry", pollMs, signal);
  }
}

async function expireBatch(tx: Tx, market: string): Promise<void> {
  const clock = await holdClock(tx, market);
  if (clock.mode === "REAL") await expireDueHolds(tx, market, clock, batchMax);
}
