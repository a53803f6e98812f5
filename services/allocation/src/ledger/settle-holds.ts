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
import { availableOf } from "../domain/level.ts";
import { counterStateAfter } from "../domain/negotiation.ts";
import { planSurplus, type SurplusPlan } from "../domain/over-offers.ts";
import { announceChanges } from "../events/outbox.ts";
import { insertAllocations } from "../storage/allocation-store.ts";
import type { Clock } from "../storage/clock-store.ts";
import { endCounterOffers } from "../storage/counter-offer-store.ts";
import { insertHolds, saveHolds } from "../storage/hold-store.ts";
import { readOffers, saveOffers } from "../storage/offer-store.ts";
import { queueBackfill } from "./offer-queue.ts";
import { openLedger, saveLedger } from "./open-ledger.ts";

/** What settling left behind. */
export interface Settled {
  readonly holds: readonly Hold[];
  readonly offers: readonly Offer[];
  readonly allocations: readonly Allocation[];
  /** Holds that keep what was not confirmed. */
  readonly rests: readonly Hold[];
  /** Ids of holds that were to be confirmed when others had taken all that the demand wanted. */
  readonly late: ReadonlySet<string>;
}

/** What the caller knows of the holds, read under their locks. */
export interface KnownOfHolds {
  readonly offers?: ReadonlyMap<string, Offer>;
  /** All offered holds that are HELD of demands that are offered more than they want; locked. */
  readonly siblings?: readonly Hold[];
}

const nothing: Settled = { holds: [], offers: [], allocations: [], rests: [], late: new Set() };

/**
 * Ends holds that are locked and HELD, with their offers: claims become allocations or go back, in one ledger, with one
 * fact per listing.
 */
export async function settleHolds(
  tx: Tx,
  market: string,
  asked: readonly Settlement[],
  clock: Clock,
  { offers: known, siblings = [] }: KnownOfHolds = {},
): Promise<Settled> {
  if (asked.length === 0) return nothing;
  const now = clock.time;
  const involved = [...asked.map(({ hold }) => hold), ...siblings];
  const ledger = await openLedger(
    tx,
    market,
    involved.flatMap(({ demand, supply }) => [demand, supply]),
  );
  const { settlements, moved, late } = withSiblings(ledger, asked, siblings);
  for (const settlement of settlements) settleUnits(ledger, settlement);
  const holds = settlements.map((settlement) => settledHold(settlement, now));
  const rests = settlements.flatMap((settlement) => restOf(settlement, now) ?? []);
  await saveHolds(tx, market, [...holds, ...moved]);
  await insertHolds(tx, market, rests);
  const offers = await settledOffers(tx, market, settlements, now, known);
  await saveOffers(tx, market, offers);
  const countered = offers.filter(({ counterRounds }) => counterRounds > 0);
  await endCounterOffers(
    tx,
    market,
    countered.map((offer) => ({ offer: offer.id, state: counterStateAfter(offer) })),
  );
  await queueBackfill(tx, market, offers);
  const confirmed = holds.filter((hold) => hold.state === "CONFIRMED");
  const agreed = new Map(offers.map(({ id, terms }) => [id, terms]));
  const allocations = confirmed.map((hold) => allocationOf(hold, now, agreed.get(hold.id)));
  await insertAllocations(tx, market, allocations);
  const levels = await saveLedger(tx, market, ledger, clock.wallTime);
  const traces = tracesOf(settlements, offers);
  await announceChanges(tx, market, {
    holds: [...holds, ...rests, ...moved],
    offers,
    allocations,
    levels,
    traces,
  });
  return { holds, offers, allocations, rests, late };
}

/** What is settled besides, where demands are offered more than they want. */
function withSiblings(ledger: Ledger, asked: readonly Settlement[], siblings: readonly Hold[]): SurplusPlan {
  if (siblings.length === 0) return { settlements: asked, moved: [], late: new Set() };
  const demands = new Set(siblings.map(({ demand }) => demand));
  const plain = asked.filter(({ hold }) => !demands.has(hold.demand));
  const shared = asked.filter(({ hold }) => demands.has(hold.demand));
  const planned = planSurplus(shared, siblings, {
    available: (demand) => availableOf(ledger.levelOf(demand)!),
    claim: (demand, units) => ledger.claimDemand(demand, units),
  });
  return { ...planned, settlements: [...plain, ...planned.settlements] };
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
    const { declineReason = "", reasonText = "", surplus = false } = settlement;
    const said = { declineReason, reasonText, surplus };
    const state = settledOfferState(settlement);
    return { ...offer, ...said, state, answerTime: now, version: offer.version + 1 };
  });
}
