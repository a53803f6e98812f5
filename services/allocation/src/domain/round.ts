import type { PlanStrategy } from "./plan.ts";

export type RoundState =
  | "PENDING"
  | "SOLVING"
  | "SOLVED"
  | "AWAITING_APPROVAL"
  | "COMMITTED"
  | "SETTLED"
  | "FAILED"
  | "SIMULATED"
  | "REJECTED";

/** States that a round never leaves for one in which more is held. */
export const endedStates: ReadonlySet<RoundState> = new Set<RoundState>([
  "COMMITTED",
  "SETTLED",
  "FAILED",
  "SIMULATED",
  "REJECTED",
]);

/** Who began it. */
export type RoundTrigger = "REQUEST" | "SCHEDULE" | "CONTINUOUS";

/** What is proven about the solution, in millionths. */
export interface RoundProof {
  readonly primal: number;
  readonly dual: number;
  readonly gap: number;
  readonly exact: boolean;
}

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
  readonly dryRun: boolean;
  readonly trigger: RoundTrigger;
  /** Market time; undefined: it was asked for. */
  readonly dueTime: Date | undefined;
  /** Undefined: not solved yet. */
  readonly strategy: PlanStrategy | undefined;
  readonly seed: number;
  /** Undefined: the strategy proves nothing. */
  readonly proof: RoundProof | undefined;
  /** Of what the plan has learned; 0: nothing. */
  readonly stateVersion: number;
  /** Market time; undefined: it needs no approval. */
  readonly approvalExpireTime: Date | undefined;
  /** Who approved or rejected it. */
  readonly approver: string;
  readonly rejection: string;
}
