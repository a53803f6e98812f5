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
  ListAllocationsResponseSchema,
  ListCapacityLevelsResponseSchema,
  ListHoldsResponseSchema,
  ListOffersResponseSchema,
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
import { encodeEach } from "./encode-each.ts";

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
  const facts = [
    ...holdFacts(market, changes),
    ...offerFacts(market, changes),
    ...allocationFacts(market, changes),
    ...levelFacts(market, changes),
  ];
  for (const chunk of inChunks(facts, 5_000)) await announce(tx, chunk);
}

function holdFacts(market: string, { holds = [], traces }: Changes): Announcement[] {
  const bodies = encodeEach(ListHoldsResponseSchema, {
    holds: holds.map((each) => toHoldMessage(market, each)),
  });
  return holds.map(({ id, state, version }, at) => {
    const { typeName } = state === "HELD" && version > 1 ? HoldRenewedSchema : holdSchemas[state];
    return {
      market,
      feed: "hold",
      aggregateId: id,
      ...factOf(typeName, bodies[at]!, version, traces?.get(id)),
    };
  });
}

const holdSchemas = {
  HELD: HoldCreatedSchema,
  CONFIRMED: HoldConfirmedSchema,
  RELEASED: HoldReleasedSchema,
  EXPIRED: HoldExpiredSchema,
} satisfies Record<HoldState, DescMessage>;

function offerFacts(market: string, { offers = [], traces }: Changes): Announcement[] {
  const messages = offers.map((each) => toOfferMessage(market, each));
  const bodies = encodeEach(ListOffersResponseSchema, { offers: messages });
  return offers.map(({ id, state, version }, at) => {
    const { typeName } = offerSchemas[state];
    return {
      market,
      feed: "offer",
      aggregateId: id,
      ...factOf(typeName, bodies[at]!, version, traces?.get(id)),
    };
  });
}

const offerSchemas = {
  MADE: OfferMadeSchema,
  ACCEPTED: OfferAcceptedSchema,
  DECLINED: OfferDeclinedSchema,
  EXPIRED: OfferExpiredSchema,
  RESCINDED: OfferRescindedSchema,
} satisfies Record<OfferState, DescMessage>;

function allocationFacts(market: string, { allocations = [], traces }: Changes): Announcement[] {
  const messages = allocations.map((each) => toAllocationMessage(market, each));
  const bodies = encodeEach(ListAllocationsResponseSchema, { allocations: messages });
  const { typeName } = AllocationCommittedSchema;
  return allocations.map(({ id }, at) => {
    return {
      market,
      feed: "allocation",
      aggregateId: id,
      ...factOf(typeName, bodies[at]!, 1, traces?.get(id)),
    };
  });
}

function levelFacts(market: string, { levels = [] }: Changes): Announcement[] {
  const messages = levels.map((each) => toLevelMessage(market, each));
  const bodies = encodeEach(ListCapacityLevelsResponseSchema, { capacityLevels: messages });
  const { typeName } = CapacityChangedSchema;
  return levels.map(({ listingId, version }, at) => {
    return { market, feed: "capacity", aggregateId: listingId, ...factOf(typeName, bodies[at]!, version) };
  });
}

function factOf(typeName: string, value: Uint8Array, version: number, traceparent?: string) {
  const fact = {
    $typeName: "google.protobuf.Any",
    typeUrl: `type.googleapis.com/${typeName}`,
    value,
  } as const;
  return { version: BigInt(version), fact, ...(traceparent !== undefined && { traceparent }) };
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
