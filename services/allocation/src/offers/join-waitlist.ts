import type { Tx } from "@marketmesh/postgres";
import { type WaitlistEntry, waitingMax } from "../domain/waitlist.ts";
import { announceWaitlist } from "../events/outbox.ts";
import { countWaiting, insertEntry } from "../storage/waitlist-store.ts";

export type NewEntry = Omit<WaitlistEntry, "state" | "offer" | "version">;

/** The entry, or the one that waits already; undefined: as many wait as may. */
export async function joinWaitlist(
  tx: Tx,
  market: string,
  given: NewEntry,
): Promise<WaitlistEntry | undefined> {
  if ((await countWaiting(tx, market, given.listing, waitingMax)) >= waitingMax) return undefined;
  const entry = await insertEntry(tx, market, { ...given, state: "WAITING", offer: "", version: 1 });
  if (entry.id === given.id) await announceWaitlist(tx, market, entry);
  return entry;
}
