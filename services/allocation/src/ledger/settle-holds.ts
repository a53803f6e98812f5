import type { Tx } from "@marketmesh/postgres";
import {
  type Allocation,
  allocationOf,
  type Hold,
  type Offer,
  restOf,
  type Settlement,
  settledHold,
  settledOfferState,
} from "../domain/hold.ts";
import type { Ledger } from "../domain/ledger.ts";
import { announceChanges } from "../events/outbox.ts";
import { insertAllocations } from "../storage/allocation-store.ts";
import type { Clock } from "../storage/clock-store.ts";
import { insertHolds, saveHolds } from "../storage/hold-store.ts";
import { readOffers, saveSettledOffers } from "../storage/offer-store.ts";
import { openLedger, saveLedger } from "./open-ledger.ts";

/** What settling left behind. */
export interface Settled {
  readonly holds: readonly Hold[];
  readonly offers: readonly Offer[];
  readonly allocations: readonly Allocation[];
  /** Holds that keep what was not confirmed. */
  readonly rests: readonly Hold[];
}

/**
 * Ends holds that are locked and HELD, with their offers: claims become allocations or go back, in one ledger, with one
 * fact per listing.
 *
 * @param knownOffers the offers of these holds, when the caller has read them under the holds' locks
 */
export async function settleHolds(
  tx: Tx,
  market: string,
  settlements: readonly Settlement[],
  clock: Clock,
  knownOffers?: ReadonlyMap<string, Offer>,
): Promise<Settled> {
  if (settlements.length === 0) return { holds: [], offers: [], allocations: [], rests: [] };
  const now = clock.time;
  const listings = settlements.flatMap(({ hold }) => [hold.demand, hold.supply]);
  const ledger = await openLedger(tx, market, listings);
  for (const settlement of settlements) settleUnits(ledger, settlement);
  const holds = settlements.map((settlement) => settledHold(settlement, now));
  const rests = settlements.flatMap((settlement) => restOf(settlement, now) ?? []);
  await saveHolds(tx, market, holds);
  await insertHolds(tx, market, rests);
  const offers = await settledOffers(tx, market, settlements, now, knownOffers);
  await saveSettledOffers(tx, market, offers);
  const confirmed = holds.filter((hold) => hold.state === "CONFIRMED");
  const allocations = confirmed.map((hold) => allocationOf(hold, now));
  await insertAllocations(tx, market, allocations);
  const levels = await saveLedger(tx, market, ledger, clock.wallTime);
  const traces = tracesOf(settlements, offers);
  await announceChanges(tx, market, { holds: [...holds, ...rests], offers, allocations, levels, traces });
  return { holds, offers, allocations, rests };
}

// A hold of several units has no exclusive group, so that its units can be parted.
function settleUnits(ledger: Ledger, { hold, to, units = hold.units, rest }: Settlement): void {
  if (to !== "CONFIRMED") ledger.release(hold);
  else ledger.confirm({ ...hold, units });
  if (to === "CONFIRMED" && units < hold.units && rest === undefined)
    ledger.release({ ...hold, units: hold.units - units });
}

/** What ends an offer belongs to the trace of who ends it, where one does; else to the trace of the offer. */
function tracesOf(settlements: readonly Settlement[], offers: readonly Offer[]): Map<string, string> {
  const made = new Map(offers.map(({ id, traceparent }) => [id, traceparent]));
  return new Map(
    settlements.flatMap(({ hold, traceparent }) => {
      const own = traceparent || made.get(hold.id);
      return own === undefined ? [] : [[hold.id, own] as const];
    }),
  );
}

async function settledOffers(
  tx: Tx,
  market: string,
  settlements: readonly Settlement[],
  now: Date,
  known: ReadonlyMap<string, Offer> | undefined,
): Promise<Offer[]> {
  const offered = settlements.filter(({ hold }) => hold.offered);
  const ids = offered.map(({ hold }) => hold.id);
  const byId = known ?? new Map((await readOffers(tx, market, ids)).map((offer) => [offer.id, offer]));
  return offered.map((settlement) => {
    const offer = byId.get(settlement.hold.id);
    if (!offer) throw new Error(`hold ${settlement.hold.id} is offered but has no offer`);
    return { ...offer, state: settledOfferState(settlement), answerTime: now, version: offer.version + 1 };
  });
}
