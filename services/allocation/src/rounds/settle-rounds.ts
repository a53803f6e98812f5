import type { Database } from "@marketmesh/postgres";
import { announceRound } from "../events/round-facts.ts";
import { roundsToSettle, settleRound } from "../storage/round-store.ts";
import { type Signals, topics } from "./signals.ts";

const pollMs = 1_000;

/**
 * Closes waves: a COMMITTED round without a waiting offer becomes SETTLED. Kept out of the answers' transactions, which
 * would otherwise queue at the round's row.
 */
export async function settleRounds(database: Database, signals: Signals, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const due = await database.background((tx) => roundsToSettle(tx));
    for (const { market, id } of due) {
      await database.background(async (tx) => {
        const settled = await settleRound(tx, market, id);
        if (settled) await announceRound(tx, market, settled);
      });
      signals.tell(topics.round(market, id));
    }
    if (due.length === 0) await signals.wait(topics.offersSettled, pollMs, signal);
  }
}
