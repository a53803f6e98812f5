import type { HeldUnits } from "./ledger.ts";
import type { OfferTerms, Turn } from "./negotiation.ts";
import type { KeptRules } from "./offer-rules.ts";

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
  /** The bundle that it is a component of; absent: none. */
  readonly bundle?: string | undefined;
  readonly expireTime: Date;
  readonly createTime: Date;
  readonly settleTime: Date | undefined;
  /** Units that went back when the rest was confirmed. */
  readonly releasedUnits: number;
  /** The hold whose rest this is; empty: none. */
  readonly remainderOf: string;
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
  /** From 1. */
  readonly wave: number;
  /** The offer that it replaces; empty: none. */
  readonly replaces: string;
  /** A value of DeclineReason without its prefix; empty: nobody said. */
  readonly declineReason: string;
  /** What was said when it was declined or rescinded. */
  readonly reasonText: string;
  /** Rescinded because others took all that the demand wanted. */
  readonly surplus: boolean;
  /** On the table, or agreed. */
  readonly terms: OfferTerms | undefined;
  /** Those that a counter-offer replaced, until it is answered. */
  readonly termsBefore: OfferTerms | undefined;
  readonly counterRounds: number;
  readonly turn: Turn;
  /** Who answers counter-offers; empty: the market's staff. */
  readonly counterParty: string;
  /** Undefined: those of release 0.3.0, which had none. */
  readonly rules: KeptRules | undefined;
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
  /** What was agreed; undefined: nobody named any. */
  readonly terms?: OfferTerms | undefined;
}

export type Answer = "ACCEPT" | "DECLINE";

/** What answering does: a settlement, nothing because it says the same again, or a refusal. */
export type AnswerVerdict =
  | { readonly kind: "SETTLE"; readonly state: "ACCEPTED" | "DECLINED" }
  | { readonly kind: "REPEATED" }
  | { readonly kind: "REFUSED"; readonly reason: "OFFER_SETTLED" | "OFFER_EXPIRED" | "OFFER_NOT_YOUR_TURN" };

const stateAfter = { ACCEPT: "ACCEPTED", DECLINE: "DECLINED" } as const;

/** Silence has ended an offer once its time is over by the market clock, whether or not anybody noticed yet. */
export function judgeAnswer(offer: Offer, answer: Answer, now: Date, by: Turn = "PARTY"): AnswerVerdict {
  const state = stateAfter[answer];
  if (offer.state === state) return { kind: "REPEATED" };
  if (offer.state === "EXPIRED") return { kind: "REFUSED", reason: "OFFER_EXPIRED" };
  if (offer.state !== "MADE") return { kind: "REFUSED", reason: "OFFER_SETTLED" };
  if (offer.expireTime <= now) return { kind: "REFUSED", reason: "OFFER_EXPIRED" };
  // Who has countered may still say no.
  if (answer === "ACCEPT" && offer.turn !== by) return { kind: "REFUSED", reason: "OFFER_NOT_YOUR_TURN" };
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
  /** Because others took all that the demand wanted. */
  readonly surplus?: boolean;
  /** Why, where somebody said. */
  readonly declineReason?: string;
  readonly reasonText?: string;
  /** Confirms only these units. */
  readonly units?: number;
  /** The id of the hold that keeps the other units. Absent: they go back. */
  readonly rest?: string;
}

export function settledHold({ hold, to, units = hold.units, rest }: Settlement, now: Date): Hold {
  const releasedUnits = rest === undefined ? hold.units - units : 0;
  return { ...hold, state: to, units, releasedUnits, settleTime: now, version: hold.version + 1 };
}

/** The hold that keeps what is not confirmed; undefined when nothing is kept. */
export function restOf({ hold, units = hold.units, rest }: Settlement, now: Date): Hold | undefined {
  if (rest === undefined || units === hold.units) return undefined;
  const kept = { id: rest, units: hold.units - units, remainderOf: hold.id, createTime: now };
  return { ...hold, ...kept, version: 1 };
}

/** A hold lasts at most so long from when it was made. */
export const holdMsMax = 366 * 86_400_000;

export function settledOfferState(settlement: Settlement): Exclude<OfferState, "MADE"> {
  return settlement.rescinded ? "RESCINDED" : offerStateOf[settlement.to];
}

export function allocationOf(hold: Hold, now: Date, terms?: OfferTerms): Allocation {
  const { id, demand, supply, units, score, demandOwner, supplyOwner, plan, decision } = hold;
  return {
    id,
    demand,
    supply,
    units,
    score,
    demandOwner,
    supplyOwner,
    plan,
    decision,
    createTime: now,
    terms,
  };
}

export type HoldRefusal = "HOLD_NOT_HELD" | "HOLD_HAS_OFFER" | "HOLD_IN_BUNDLE" | "HOLD_UNITS_EXCEEDED";

/** Why a hold cannot be confirmed; undefined when it can. Its time may be over before anybody noticed. */
export function mayConfirm(hold: Hold, now: Date, units = hold.units): HoldRefusal | undefined {
  const refusal = mayRenew(hold, now);
  return refusal ?? (units > hold.units ? "HOLD_UNITS_EXCEEDED" : undefined);
}

/** Likewise, why it cannot be renewed. */
export function mayRenew(hold: Hold, now: Date): HoldRefusal | undefined {
  return hold.expireTime <= now ? "HOLD_NOT_HELD" : mayRelease(hold);
}

/** Why a hold cannot be released; undefined when it can. */
export function mayRelease(hold: Hold): HoldRefusal | undefined {
  if (hold.state !== "HELD") return "HOLD_NOT_HELD";
  if (hold.bundle !== undefined) return "HOLD_IN_BUNDLE";
  return hold.offered ? "HOLD_HAS_OFFER" : undefined;
}
