export type RoundState = "PENDING" | "SOLVING" | "SOLVED" | "COMMITTED" | "SETTLED" | "FAILED";

export type PhaseName = "snapshot" | "filter" | "rank" | "assign" | "commit";
export const phaseNames: readonly PhaseName[] = ["snapshot", "filter", "rank", "assign", "commit"];

/** The versions of everything that a decision was judged by; 0: none was needed, or not known yet. */
export interface Versions {
  readonly policyVersion: number;
  readonly demandModelVersion: number;
  readonly supplyModelVersion: number;
  readonly statisticsVersion: number;
}

/** How far a round's solving and committing came. */
export interface RoundCounts {
  readonly demandCount: number;
  readonly openUnits: number;
  readonly demandsRanked: number;
  readonly eligiblePairs: number;
  readonly edgeCount: number;
  readonly unknownSupplies: number;
  readonly pairsCount: number;
  readonly pairsCommitted: number;
  readonly holdCount: number;
  readonly heldUnits: number;
}

/** One batch run of a plan. */
export interface Round extends Versions, RoundCounts {
  readonly id: string;
  readonly plan: string;
  readonly planVersion: number;
  readonly state: RoundState;
  readonly revisions: readonly string[];
  readonly decisionTime: Date | undefined;
  /** Milliseconds by phase. */
  readonly phases: Readonly<Partial<Record<PhaseName, number>>>;
  readonly decideMs: number | undefined;
  readonly failure: string;
  readonly attempts: number;
  readonly version: number;
  readonly createTime: Date;
  readonly updateTime: Date;
  /** The W3C trace context of the call that created it; empty when it was not traced. */
  readonly traceparent: string;
}
