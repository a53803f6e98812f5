import {
  type AllocationPlan,
  type AllocationTools,
  allocate,
  EngineError,
  type EngineErrorReason,
  type Graph,
  type Solution,
} from "@marketmesh/allocation-engine";
import { expectedRound, type LearnedState, type PlanKnowledge } from "../domain/expected-round.ts";

/** A round's graph to be solved; plain data, for it crosses threads. */
export interface RoundJob {
  readonly kind: "SOLVE_ROUND";
  readonly graph: Graph;
  readonly plan: AllocationPlan;
  /** Of EXPECTED: what its plan knows. Undefined: another strategy. */
  readonly known: Pick<PlanKnowledge, "learned" | "answers"> | undefined;
  /** Of EXPECTED: rounds that its plan will have; absent: nobody knows. */
  readonly plannedRounds?: number | undefined;
}

/** What came out, or why the engine does not take it. */
export type RoundSolved =
  | { readonly kind: "SOLVED"; readonly solution: Solution; readonly learned: LearnedState | undefined }
  | { readonly kind: "REFUSED"; readonly cause: EngineErrorReason; readonly message: string };

export function solveRoundJob(job: RoundJob, tools: AllocationTools): RoundSolved {
  const { graph, plan, known, plannedRounds } = job;
  try {
    if (known) {
      const { learned, answers } = known;
      return { kind: "SOLVED", ...expectedRound(graph, plan, learned, answers, plannedRounds) };
    }
    return { kind: "SOLVED", solution: allocate(graph, plan, tools), learned: undefined };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { kind: "REFUSED", cause: error.reason, message: error.message };
  }
}
