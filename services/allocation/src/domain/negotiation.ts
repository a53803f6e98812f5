import type { Offer } from "./hold.ts";

/** What two sides bargain over, by name: amounts as decimal int64. */
export interface OfferTerms {
  readonly amounts: Readonly<Record<string, string>>;
  readonly words: Readonly<Record<string, string>>;
}

/** Who is to speak: who answers the offer, or the other side. */
export type Turn = "PARTY" | "COUNTER_PARTY";

export interface CounterOffer {
  readonly offer: string;
  /** From 1. */
  readonly round: number;
  readonly by: Turn;
  readonly terms: OfferTerms;
  readonly text: string;
  readonly state: "MADE" | "ACCEPTED" | "DECLINED" | "COUNTERED" | "ENDED";
  readonly createTime: Date;
}

export type TurnRefusal = "OFFER_SETTLED" | "OFFER_EXPIRED" | "OFFER_NOT_YOUR_TURN";
export type CounterRefusal = TurnRefusal | "COUNTER_ROUNDS_EXHAUSTED";

/** Why somebody cannot speak to an offer now; undefined when they can. Silence has ended it once its time is over. */
export function turnRefusal(offer: Offer, by: Turn, now: Date): TurnRefusal | undefined {
  if (offer.state === "EXPIRED") return "OFFER_EXPIRED";
  if (offer.state !== "MADE") return "OFFER_SETTLED";
  if (offer.expireTime <= now) return "OFFER_EXPIRED";
  return offer.turn === by ? undefined : "OFFER_NOT_YOUR_TURN";
}

/** Likewise, why no terms can be named. */
export function counterRefusal(offer: Offer, by: Turn, now: Date): CounterRefusal | undefined {
  const refusal = turnRefusal(offer, by, now);
  if (refusal) return refusal;
  return offer.counterRounds < (offer.rules?.counterRoundsMax ?? 0) ? undefined : "COUNTER_ROUNDS_EXHAUSTED";
}

/** The offer with other terms on the table and the other side to speak, renewed within its bound. */
export function countered(offer: Offer, by: Turn, terms: OfferTerms, now: Date): Offer {
  return {
    ...offer,
    terms,
    termsBefore: offer.terms,
    counterRounds: offer.counterRounds + 1,
    turn: by === "PARTY" ? "COUNTER_PARTY" : "PARTY",
    expireTime: renewedUntil(offer, now),
    version: offer.version + 1,
  };
}

/** The offer with the terms before, and who answers it to speak. */
export function counterDeclined(offer: Offer): Offer {
  const { termsBefore: terms } = offer;
  return { ...offer, terms, termsBefore: undefined, turn: "PARTY", version: offer.version + 1 };
}

/** What becomes of the counter-offer that waits when the offer ends. */
export function counterStateAfter({ state, turn }: Offer): CounterOffer["state"] {
  if (state === "ACCEPTED") return "ACCEPTED";
  // Who was to answer it has said no to all; else the offer ended before anybody did.
  return state === "DECLINED" && turn === "PARTY" ? "DECLINED" : "ENDED";
}

/** A window from now, never sooner than it was and never beyond a window for each round from when it was made. */
function renewedUntil({ rules, createTime, expireTime }: Offer, now: Date): Date {
  const { windowMs, counterRoundsMax } = rules!;
  const latestMs = createTime.getTime() + windowMs * (counterRoundsMax + 1);
  const ms = Math.min(now.getTime() + windowMs, latestMs);
  return new Date(Math.max(expireTime.getTime(), ms));
}
