import { hash32 } from "@marketmesh/markets";

/** What a party says to an offer, and how long it takes, in market time. */
export type Reply =
  | { readonly answer: "ACCEPT" | "DECLINE"; readonly afterMs: number }
  | { readonly answer: "SILENT" };

export interface AnswerBehaviour {
  /** Shares of the pairs that accept and that decline; the rest stays silent. */
  readonly accept: number;
  readonly decline: number;
  readonly minHours: number;
  readonly maxHours: number;
}

const hourMs = 3_600_000;
const shares = 1_000_000;

/** The reply to an offer: it depends on the seed and the two listings alone, so every run hears the same. */
export function replyOf(behaviour: AnswerBehaviour, seed: number, demandId: string, supplyId: string): Reply {
  const share = hash32("answer", seed, demandId, supplyId) % shares;
  const accepts = Math.round(behaviour.accept * shares);
  if (share >= accepts + Math.round(behaviour.decline * shares)) return { answer: "SILENT" };
  const spreadMs = Math.round((behaviour.maxHours - behaviour.minHours) * hourMs);
  const extraMs = spreadMs === 0 ? 0 : hash32("delay", seed, demandId, supplyId) % (spreadMs + 1);
  return {
    answer: share < accepts ? "ACCEPT" : "DECLINE",
    afterMs: Math.round(behaviour.minHours * hourMs) + extraMs,
  };
}
