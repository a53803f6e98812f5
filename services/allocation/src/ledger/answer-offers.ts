import type { Tx } from "@marketmesh/postgres";
import { type Answer, judgeAnswer, type Offer, type Settlement } from "../domain/hold.ts";
import { holdClock } from "../storage/clock-store.ts";
import { lockHolds } from "../storage/hold-store.ts";
import { readOffers } from "../storage/offer-store.ts";
import { settleHolds } from "./settle-holds.ts";

/** An answer to one offer. */
export interface GivenAnswer {
  readonly offer: string;
  readonly answer: Answer;
  /** Whether the version that the caller read is still the offer's. Absent: any version will do. */
  isFresh?(version: number): boolean;
  /** The trace of the answer. Absent: what follows belongs to the trace of the offer. */
  readonly traceparent?: string;
}

/** What became of it. */
export interface AnsweredOffer {
  readonly offer: Offer;
  readonly refusal: "OFFER_SETTLED" | "OFFER_EXPIRED" | "ETAG_MISMATCH" | undefined;
}

/** Answers offers that the caller was seen to see, each by itself; in one ledger, by the market clock. */
export async function answerOffers(
  tx: Tx,
  market: string,
  answers: readonly GivenAnswer[],
): Promise<Map<string, AnsweredOffer>> {
  const clock = await holdClock(tx, market);
  const ids = answers.map(({ offer }) => offer);
  const holds = new Map((await lockHolds(tx, market, ids)).map((hold) => [hold.id, hold]));
  const offers = new Map((await readOffers(tx, market, ids)).map((offer) => [offer.id, offer]));
  const answered = new Map<string, AnsweredOffer>();
  const settlements: Settlement[] = [];
  for (const given of answers) {
    const { offer: id } = given;
    const offer = offers.get(id)!;
    const verdict = judge(given, offer, clock.time);
    answered.set(id, { offer, refusal: verdict.kind === "REFUSED" ? verdict.reason : undefined });
    if (verdict.kind !== "SETTLE") continue;
    const to = verdict.state === "ACCEPTED" ? "CONFIRMED" : "RELEASED";
    const { traceparent } = given;
    settlements.push({ hold: holds.get(id)!, to, ...(traceparent !== undefined && { traceparent }) });
  }
  const settled = await settleHolds(tx, market, settlements, clock, offers);
  for (const offer of settled.offers) answered.set(offer.id, { offer, refusal: undefined });
  return answered;
}

// Saying the same again is no change, whichever version was read.
function judge({ answer, isFresh }: GivenAnswer, offer: Offer, now: Date) {
  const verdict = judgeAnswer(offer, answer, now);
  if (verdict.kind === "REPEATED" || !isFresh || isFresh(offer.version)) return verdict;
  return { kind: "REFUSED", reason: "ETAG_MISMATCH" } as const;
}
