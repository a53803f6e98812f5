import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type AllocationSchema,
  Hold_State,
  type HoldSchema,
  Offer_State,
  Offer_Turn,
  type OfferSchema,
} from "@marketmesh/contracts/allocation/v1";
import type { Allocation, Hold, HoldState, Offer, OfferState } from "../domain/hold.ts";
import { etagOf } from "./etag.ts";
import { nameOf } from "./names.ts";
import { toDeclineReason, toTermsMessage } from "./negotiation-message.ts";

const holdStates = {
  HELD: Hold_State.HELD,
  CONFIRMED: Hold_State.CONFIRMED,
  RELEASED: Hold_State.RELEASED,
  EXPIRED: Hold_State.EXPIRED,
} satisfies Record<HoldState, Hold_State>;

const offerStates = {
  MADE: Offer_State.MADE,
  ACCEPTED: Offer_State.ACCEPTED,
  DECLINED: Offer_State.DECLINED,
  EXPIRED: Offer_State.EXPIRED,
  RESCINDED: Offer_State.RESCINDED,
} satisfies Record<OfferState, Offer_State>;

export function toHoldMessage(market: string, hold: Hold): MessageInitShape<typeof HoldSchema> {
  return {
    name: nameOf(market, "holds", hold.id),
    demand: nameOf(market, "listings", hold.demand),
    supply: nameOf(market, "listings", hold.supply),
    units: BigInt(hold.units),
    state: holdStates[hold.state],
    expireTime: timestampFromDate(hold.expireTime),
    score: hold.score,
    plan: nameOf(market, "plans", hold.plan),
    decision: nameOf(market, "decisions", hold.decision),
    version: BigInt(hold.version),
    etag: etagOf(hold.version),
    createTime: timestampFromDate(hold.createTime),
    location: hold.place?.location ?? "",
    slot: hold.place?.slot ?? "",
    bundle: nameOf(market, "bundles", hold.bundle ?? ""),
    ...(hold.demandUnits !== undefined && { demandUnits: BigInt(hold.demandUnits) }),
    ...(hold.settleTime && { settleTime: timestampFromDate(hold.settleTime) }),
    releasedUnits: BigInt(hold.releasedUnits),
    remainderOf: nameOf(market, "holds", hold.remainderOf),
  };
}

export function toOfferMessage(market: string, offer: Offer): MessageInitShape<typeof OfferSchema> {
  return {
    name: nameOf(market, "offers", offer.id),
    hold: nameOf(market, "holds", offer.id),
    demand: nameOf(market, "listings", offer.demand),
    supply: nameOf(market, "listings", offer.supply),
    units: BigInt(offer.units),
    score: offer.score,
    party: nameOf(market, "parties", offer.answeringParty),
    state: offerStates[offer.state],
    plan: nameOf(market, "plans", offer.plan),
    round: nameOf(market, "rounds", offer.round),
    decision: nameOf(market, "decisions", offer.decision),
    expireTime: timestampFromDate(offer.expireTime),
    version: BigInt(offer.version),
    etag: etagOf(offer.version),
    createTime: timestampFromDate(offer.createTime),
    ...(offer.answerTime && { answerTime: timestampFromDate(offer.answerTime) }),
    traceparent: offer.traceparent,
    wave: offer.wave,
    replaces: nameOf(market, "offers", offer.replaces),
    declineReason: toDeclineReason(offer.declineReason),
    reasonText: offer.reasonText,
    surplus: offer.surplus,
    ...(offer.terms && { terms: toTermsMessage(offer.terms) }),
    counterRounds: offer.counterRounds,
    turn: Offer_Turn[offer.turn],
    counterParty: nameOf(market, "parties", offer.counterParty),
  };
}

export function toAllocationMessage(
  market: string,
  allocation: Allocation,
): MessageInitShape<typeof AllocationSchema> {
  return {
    name: nameOf(market, "allocations", allocation.id),
    demand: nameOf(market, "listings", allocation.demand),
    supply: nameOf(market, "listings", allocation.supply),
    units: BigInt(allocation.units),
    score: allocation.score,
    hold: nameOf(market, "holds", allocation.id),
    plan: nameOf(market, "plans", allocation.plan),
    decision: nameOf(market, "decisions", allocation.decision),
    createTime: timestampFromDate(allocation.createTime),
    ...(allocation.terms && { terms: toTermsMessage(allocation.terms) }),
  };
}

export function toHoldStateMessage(state: HoldState): Hold_State {
  return holdStates[state];
}

export function toOfferStateMessage(state: OfferState): Offer_State {
  return offerStates[state];
}

/** Undefined for UNSPECIFIED: every state. */
export function fromHoldState(state: Hold_State): HoldState | undefined {
  return (Object.keys(holdStates) as HoldState[]).find((key) => holdStates[key] === state);
}

export function fromOfferState(state: Offer_State): OfferState | undefined {
  return (Object.keys(offerStates) as OfferState[]).find((key) => offerStates[key] === state);
}
