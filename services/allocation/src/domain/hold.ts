import type { HeldUnits } from "./ledger.ts";

export type HoldState = "HELD" | "CONFIRMED" | "RELEASED" | "EXPIRED";
export type OfferState = "MADE" | "ACCEPTED" | "DECLINED" | "EXPIRED" | "RESCINDED";

/** Capacity reserved on both sides of a pair. Times are by the market clock, in whole milliseconds. */
export interface Hold extends HeldUnits {
  readonly id: string;
  readonly state: HoldState;
  readonly demandOwner: string;
  readonly supplyOwner: string;
  readonly score: number;
  readonly supplyScore: number;
  /** Empty: a caller asked for the pair; so `round` and `decision`. */
  readonly plan: string;
  readonly round: string;
  readonly decision: string;
  readonly offered: boolean;
  readonly expireTime: Date;
  readonly createTime: Date;
  readonly settleTime: Date | undefined;
  readonly version: number;
}

/** A hold put to a party; it has the hold's id. */
export interface Offer {
  readonly id: string;
  readonly demand: string;
  readonly supply: string;
  readonly units: number;
  readonly score: number;
  /** Empty: the market's staff answers. */
  readonly answeringParty: string;
  readonly state: OfferState;
  readonly plan: string;
  readonly round: string;
  readonly decision: string;
  readonly expireTime: Date;
  readonly createTime: Date;
  readonly answerTime: Date | undefined;
  readonly version: number;
  /** The W3C trace context that it was made in; empty when it was not traced. */
  readonly traceparent: string;
}

/** A committed claim; it has the hold's id. */
export interface Allocation {
  readonly id: string;
  readonly demand: string;
  readonly supply: string;
  readonly units: number;
  readonly score: number;
  readonly demandOwner: string;
  readonly supplyOwner: string;
  readonly plan: string;
  readonly decision: string;
  readonly createTime: Date;
}

export type Answer = "ACCEPT" | "DECLINE";

/** What answering does: a settlement, nothing because it says the same again, or a refusal. */
export type AnswerVerdict =
  | { readonly kind: "SETTLE"; readonly state: "ACCEPTED" | "DECLINED" }
  | { readonly kind: "REPEATED" }
  | { readonly kind: "REFUSED"; readonly reason: "OFFER_SETTLED" | "OFFER_EXPIRED" };

const stateAfter = { ACCEPT: "ACCEPTED", DECLINE: "DECLINED" } as const;

/** Silence has ended an offer once its time is over by the market clock, whether or not anybody noticed yet. */
export function judgeAnswer(offer: Offer, answer: Answer, now: Date): AnswerVerdict {
  const state = stateAfter[answer];
  if (offer.state === state) return { kind: "REPEATED" };
  if (offer.state === "EXPIRED") return { kind: "REFUSED", reason: "OFFER_EXPIRED" };
  if (offer.state !== "MADE") return { kind: "REFUSED", reason: "OFFER_SETTLED" };
  if (offer.expireTime <= now) return { kind: "REFUSED", reason: "OFFER_EXPIRED" };
  return { kind: "SETTLE", state };
}

const offerStateOf = { CONFIRMED: "ACCEPTED", RELEASED: "DECLINED", EXPIRED: "EXPIRED" } as const;

/** How a hold ends and, where it was offered, its offer. */
export interface Settlement {
  readonly hold: Hold;
  readonly to: "CONFIRMED" | "RELEASED" | "EXPIRED";
  /** The trace that ends it. Absent: the one that the offer was made in. */
  readonly traceparent?: string;
  /** Instead of DECLINED. */
  readonly rescinded?: boolean;
}

export function settledHold({ hold, to }: Settlement, now: Date): Hold {
  return { ...hold, state: to, settleTime: now, version: hold.version + 1 };
}

export function settledOfferState(settlement: Settlement): Exclude<OfferState, "MADE"> {
  return settlement.rescinded ? "RESCINDED" : offerStateOf[settlement.to];
}

export function allocationOf(hold: Hold, now: Date): Allocation {
  const { id, demand, supply, units, score, demandOwner, supplyOwner, plan, decision } = hold;
  return { id, demand, supply, units, score, demandOwner, supplyOwner, plan, decision, createTime: now };
}

/** Why a hold cannot be confirmed; undefined when it can. Its time may be over before anybody noticed. */
export function mayConfirm(hold: Hold, now: Date): "HOLD_NOT_HELD" | "HOLD_HAS_OFFER" | undefined {
  if (hold.state !== "HELD" || hold.expireTime <= now) return "HOLD_NOT_HELD";
  return hold.offered ? "HOLD_HAS_OFFER" : undefined;
}

/** Why a hold cannot be released; undefined when it can. */
export function mayRelease(hold: Hold): "HOLD_NOT_HELD" | "HOLD_HAS_OFFER" | undefined {
  if (hold.state !== "HELD") return "HOLD_NOT_HELD";
  return hold.offered ? "HOLD_HAS_OFFER" : undefined;
}
