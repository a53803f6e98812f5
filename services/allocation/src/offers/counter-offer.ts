import type { Tx } from "@marketmesh/postgres";
import type { Hold, Offer } from "../domain/hold.ts";
import {
  type CounterOffer,
  type CounterRefusal,
  counterDeclined,
  countered,
  counterRefusal,
  type OfferTerms,
  type Turn,
  turnRefusal,
} from "../domain/negotiation.ts";
import { announceChanges, announceCounter } from "../events/outbox.ts";
import { holdClock } from "../storage/clock-store.ts";
import { insertCounterOffer, saveCounterState } from "../storage/counter-offer-store.ts";
import { lockHolds, saveHolds } from "../storage/hold-store.ts";
import { readOffers, saveOffers } from "../storage/offer-store.ts";

/** An offer that somebody speaks to, or why they cannot. */
export type Spoken =
  | { readonly ok: true; readonly offer: Offer; readonly counter: CounterOffer }
  | { readonly ok: false; readonly offer: Offer; readonly reason: CounterRefusal | "ETAG_MISMATCH" };

/** Who speaks, and of which version. */
export interface Speech {
  readonly by: Turn;
  isFresh(version: number): boolean;
}

/** Puts other terms on the table of an offer that was seen; its hold stays as long as the offer. */
export async function counterOffer(
  tx: Tx,
  market: string,
  id: string,
  { by, isFresh }: Speech,
  terms: OfferTerms,
  text: string,
): Promise<Spoken> {
  const { hold, offer, now } = await lockOffer(tx, market, id);
  const refusal = counterRefusal(offer, by, now);
  if (refusal) return { ok: false, offer, reason: refusal };
  if (!isFresh(offer.version)) return { ok: false, offer, reason: "ETAG_MISMATCH" };
  const next = countered(offer, by, terms, now);
  // Who counters a counter-offer has refused it.
  if (offer.counterRounds > 0) await saveCounterState(tx, market, id, offer.counterRounds, "COUNTERED");
  const counter = {
    offer: id,
    round: next.counterRounds,
    by,
    terms,
    text,
    state: "MADE",
    createTime: now,
  } as const;
  await insertCounterOffer(tx, market, counter);
  await saveOffers(tx, market, [next]);
  const renewed = { ...hold, expireTime: next.expireTime, version: hold.version + 1 };
  await saveHolds(tx, market, [renewed]);
  await announceChanges(tx, market, { holds: [renewed] });
  await announceCounter(tx, market, "COUNTERED", next, counter);
  return { ok: true, offer: next, counter };
}

/** Refuses the terms that who answers the offer named: those before are on the table again. */
export async function declineCounterOffer(
  tx: Tx,
  market: string,
  id: string,
  { isFresh }: Speech,
): Promise<Spoken> {
  const { offer, now } = await lockOffer(tx, market, id);
  const refusal = turnRefusal(offer, "COUNTER_PARTY", now);
  if (refusal) return { ok: false, offer, reason: refusal };
  if (!isFresh(offer.version)) return { ok: false, offer, reason: "ETAG_MISMATCH" };
  const next = counterDeclined(offer);
  const counter = (await saveCounterState(tx, market, id, offer.counterRounds, "DECLINED"))!;
  await saveOffers(tx, market, [next]);
  await announceCounter(tx, market, "DECLINED", next, counter);
  return { ok: true, offer: next, counter };
}

async function lockOffer(
  tx: Tx,
  market: string,
  id: string,
): Promise<{ hold: Hold; offer: Offer; now: Date }> {
  const { time: now } = await holdClock(tx, market);
  const [hold] = (await lockHolds(tx, market, [id])) as [Hold];
  const [offer] = (await readOffers(tx, market, [id])) as [Offer];
  return { hold, offer, now };
}
