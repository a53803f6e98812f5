import { purgeRankings } from "../storage/ranking-store.ts";
import type { OfferDeps } from "./offer-deps.ts";

const everyMs = 600_000;
const rowsMax = 5_000;

/** Forgets rankings that no offer can come of any more, until the signal aborts. */
export async function forgetRankings({ database, signals }: OfferDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const gone = await database.background((tx) => purgeRankings(tx, rowsMax));
    if (gone < rowsMax) await signals.wait("rankings", everyMs, signal);
  }
}
