import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import {
  AllocationCommittedSchema,
  CapacityChangedSchema,
  HoldConfirmedSchema,
  HoldCreatedSchema,
  HoldExpiredSchema,
  HoldReleasedSchema,
  HoldRenewedSchema,
  OfferAcceptedSchema,
  OfferCounterDeclinedSchema,
  OfferCounteredSchema,
  OfferDeclinedSchema,
  OfferExpiredSchema,
  OfferMadeSchema,
  OfferRescindedSchema,
  WaitlistJoinedSchema,
  WaitlistLeftSchema,
  WaitlistServedSchema,
} from "@marketmesh/contracts/allocation/v1";
import { type Announcement, announce } from "@marketmesh/events";
import type { Tx } from "@marketmesh/postgres";
import type { Allocation, Hold, HoldState, Offer, OfferState } from "../domain/hold.ts";
import type { Level } from "../domain/level.ts";
import type { CounterOffer } from "../domain/negotiation.ts";
import type { WaitlistEntry } from "../domain/waitlist.ts";
import { toLevelMessage } from "../rpc/capacity-message.ts";
import { toAllocationMessage, toHoldMessage, toOfferMessage } from "../rpc/hold-message.ts";
import { toCounterOfferMessage, toWaitlistEntryMessage } from "../rpc/negotiation-message.ts";
import { inChunks } from "../storage/chunks.ts";

/** What one transaction did, as facts. The state of each aggregate says which fact it is. */
export interface Changes {
  readonly holds?: readonly Hold[];
  readonly offers?: readonly Offer[];
  readonly allocations?: readonly Allocation[];
  /** Final levels: one fact per listing. */
  readonly levels?: readonly Level[];
  /** The trace that the facts about a hold, its offer and its allocation belong to, by their id. Absent: the active one. */
  readonly traces?: ReadonlyMap<string, string>;
}

/** Announces them in the transaction; call it after the rows are locked and written. */
export async function announceChanges(tx: Tx, market: string, changes: Changes): Promise<void> {
  const traced = (announcement: Announcement): Announcement => {
    const traceparent = changes.traces?.get(announcement.aggregateId);
    return traceparent === undefined ? announcement : { ...announcement, traceparent };
  };
  const facts = [
    ...(changes.holds ?? []).map((hold) => traced(holdFact(market, hold))),
    ...(changes.offers ?? []).map((offer) => traced(offerFact(market, offer))),
    ...(changes.allocations ?? []).map((allocation) => traced(allocationFact(market, allocation))),
    ...(changes.levels ?? []).map((level) => levelFact(market, level)),
  ];
  for (const chunk of inChunks(facts, 5_000)) await announce(tx, chunk);
}

// Each branch packs by its own schema: the compiler cannot follow a table of schemas with different fields.
function holdFact(market: string, hold: Hold): Announcement {
  const body = { hold: toHoldMessage(market, hold) };
  const packed = {
    HELD: () => (hold.version === 1 ? pack(HoldCreatedSchema, body) : pack(HoldRenewedSchema, body)),
    CONFIRMED: () => pack(HoldConfirmedSchema, body),
    RELEASED: () => pack(HoldReleasedSchema, body),
    EXPIRED: () => pack(HoldExpiredSchema, body),
  } satisfies Record<HoldState, unknown>;
  return announcement(market, "hold", hold.id, hold.version, packed[hold.state]());
}

function offerFact(market: string, offer: Offer): Announcement {
  const body = { offer: toOfferMessage(market, offer) };
  const packed = {
    MADE: () => pack(OfferMadeSchema, body),
    ACCEPTED: () => pack(OfferAcceptedSchema, body),
    DECLINED: () => pack(OfferDeclinedSchema, body),
    EXPIRED: () => pack(OfferExpiredSchema, body),
    RESCINDED: () => pack(OfferRescindedSchema, body),
  } satisfies Record<OfferState, unknown>;
  return announcement(market, "offer", offer.id, offer.version, packed[offer.state]());
}

function allocationFact(market: string, allocation: Allocation): Announcement {
  const body = { allocation: toAllocationMessage(market, allocation) };
  return announcement(market, "allocation", allocation.id, 1, pack(AllocationCommittedSchema, body));
}

function levelFact(market: string, level: Level): Announcement {
  const body = { capacityLevel: toLevelMessage(market, level) };
  return announcement(market, "capacity", level.listingId, level.version, pack(CapacityChangedSchema, body));
}

/** Announces what one side of an offer said besides yes and no. */
export async function announceCounter(
  tx: Tx,
  market: string,
  what: "COUNTERED" | "DECLINED",
  offer: Offer,
  counter: CounterOffer,
): Promise<void> {
  const body = { offer: toOfferMessage(market, offer), counterOffer: toCounterOfferMessage(market, counter) };
  const fact =
    what === "COUNTERED" ? pack(OfferCounteredSchema, body) : pack(OfferCounterDeclinedSchema, body);
  await announce(tx, [announcement(market, "offer", offer.id, offer.version, fact)]);
}

/** Announces an entry of a waitlist by its state. */
export async function announceWaitlist(tx: Tx, market: string, entry: WaitlistEntry): Promise<void> {
  const body = { waitlistEntry: toWaitlistEntryMessage(market, entry) };
  const packed = {
    WAITING: () => pack(WaitlistJoinedSchema, body),
    SERVED: () => pack(WaitlistServedSchema, body),
    LEFT: () => pack(WaitlistLeftSchema, body),
  } satisfies Record<WaitlistEntry["state"], unknown>;
  await announce(tx, [announcement(market, "waitlist", entry.id, entry.version, packed[entry.state]())]);
}

/** Packs an event message. */
export function pack<Desc extends DescMessage>(
  schema: Desc,
  init: MessageInitShape<Desc>,
): Announcement["fact"] {
  return anyPack(schema, create(schema, init));
}

export function announcement(
  market: string,
  feed: string,
  aggregateId: string,
  version: number,
  packed: Announcement["fact"],
): Announcement {
  return { market, feed, aggregateId, version: BigInt(version), fact: packed };
}
