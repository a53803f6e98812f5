import type { Versions } from "./round.ts";

export type DecisionResult =
  | "HELD"
  | "PARTLY_HELD"
  | "NOBODY_ELIGIBLE"
  | "EXHAUSTED"
  | "OUTRANKED"
  | "NOT_OPEN"
  | "REJECTED";

/** The record of one decision about one demand. What it held is found with its holds. */
export interface Decision extends Versions {
  readonly id: string;
  readonly demand: string;
  readonly plan: string;
  /** What was decided together with it in the decision log; empty: recorded before there was one. */
  readonly log: string;
  /** Empty: allocate-now. */
  readonly round: string;
  readonly planVersion: number;
  readonly demandVersion: number;
  readonly feedSeq: number;
  readonly decisionTime: Date;
  /** marketmesh.eligibility.v1.Funnel, as it came; undefined: nobody was filtered. */
  readonly funnel: Uint8Array | undefined;
  readonly openUnits: number;
  readonly result: DecisionResult;
  /** Undefined: of a round that has not committed yet. */
  readonly durationMs: number | undefined;
  readonly createTime: Date;
}

/** What is known of a demand when its decision is recorded. */
export interface DecidedDemand {
  readonly openUnits: number;
  readonly heldUnits: number;
  /** Eligible supplies, whatever is left of them. */
  readonly eligible: number;
  /** Supplies that this decision could have taken: ranked, with capacity, not given to the demand before. */
  readonly choices: number;
}

export function resultOf({ openUnits, heldUnits, eligible, choices }: DecidedDemand): DecisionResult {
  if (openUnits === 0) return "NOT_OPEN";
  if (heldUnits >= openUnits) return "HELD";
  if (heldUnits > 0) return "PARTLY_HELD";
  if (eligible === 0) return "NOBODY_ELIGIBLE";
  return choices === 0 ? "EXHAUSTED" : "OUTRANKED";
}
