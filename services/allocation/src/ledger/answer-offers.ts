import type { Tx } from "@marketmesh/postgres";
import { type Answer, judgeAnswer, type Offer, type Settlement } from "../domain/hold.ts";
import type { Turn } from "../domain/negotiation.ts";
import { holdClock } from "../storage/clock-store.ts";
import { readOffers } from "../storage/offer-store.ts";
import { lockOffered } from "./lock-offered.ts";
import { settleHolds } from "./settle-holds.ts";

/** An answer to one offer. */
export interface GivenAnswer {
  readonly offer: string;
  readonly answer: Answer;
  /** Whether the version that the caller read is still the offer's. Absent: any version will do. */
  isFresh?(version: number): boolean;
  /** Who answers: whose offer it is, or the other side, to terms that were named. */
  readonly by?: Turn;
  /** Why it is declined, where somebody says. */
  readonly declineReason?: string;
  readonly reasonText?: string;
  /** The trace of the answer. Absent: what follows belongs to the trace of the offer. */
  readonly traceparent?: string;
}

export type AnswerRefusal =
  | "OFFER_SETTLED"
  | "OFFER_EXPIRED"
  | "OFFER_NOT_YOUR_TURN"
  | "CAPACITY_EXHAUSTED"
  | "ETAG_MISMATCH";

/** What became of it. */
export interface AnsweredOffer {
  readonly offer: Offer;
  readonly refusal: AnswerRefusal | undefined;
}

/** Answers offers that the caller was seen to see, each by itself; in one ledger, by the market clock. */
export async function answerOffers(
  tx: Tx,
  market: string,
  answers: readonly GivenAnswer[],
): Promise<Map<string, AnsweredOffer>> {
  const clock = await holdClock(tx, market);
  const ids = answers.map(({ offer }) => offer);
  const { holds, siblings } = await lockOffered(tx, market, ids);
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
    settlements.push({ hold: holds.get(id)!, to, ...saidWith(given) });
  }
  const known = siblings.length === 0 ? { offers } : { siblings };
  const settled = await settleHolds(tx, market, settlements, clock, known);
  const asked = new Set(ids);
  for (const offer of settled.offers) {
    const refusal = settled.late.has(offer.id) ? "CAPACITY_EXHAUSTED" : undefined;
    if (asked.has(offer.id)) answered.set(offer.id, { offer, refusal });
  }
  for (const id of settled.late)
    if (!settled.offers.some((offer) => offer.id === id))
      answered.set(id, { offer: offers.get(id)!, refusal: "CAPACITY_EXHAUSTED" });
  return answered;
}

function saidWith({ traceparent, declineReason, reasonText }: GivenAnswer) {
  return {
    ...(traceparent !== undefined && { traceparent }),
    ...(declineReason !== undefined && { declineReason }),
    ...(reasonText !== undefined && { reasonText }),
  };
}

// Saying the same again is no change, whichever version was read.
function judge({ answer, isFresh, by }: GivenAnswer, offer: Offer, now: Date) {
  const verdict = judgeAnswer(offer, answer, now, by);
  if (verdict.kind === "REPEATED" || !isFresh || isFresh(offer.version)) return verdict;
  return { kind: "REFUSED", reason: "ETAG_MISMATCH" } as const;
}
