import {
  type AllocationTools,
  allocate,
  EngineError,
  type EngineErrorReason,
  explain,
  explanationText,
  type Solution,
} from "@marketmesh/allocation-engine";
import { maySearch } from "./engine-tools.ts";
import { asked, type SentGraph, type SentPlan } from "./sent-graph.ts";

/** What is asked of a thread; plain data, for it crosses threads. */
export interface SolveJob {
  readonly kind: "SOLVE";
  readonly graph: SentGraph;
  readonly plan: SentPlan;
}

/** A solution with its pairs by position, or what the engine does not take. */
export type Solved =
  | {
      readonly kind: "SOLVED";
      readonly solution: Solution;
      readonly demands: Uint32Array;
      readonly supplies: Uint32Array;
    }
  | { readonly kind: "REFUSED"; readonly cause: EngineErrorReason; readonly message: string };

export interface ExplainJob {
  readonly kind: "EXPLAIN_SOLUTION";
  readonly graph: SentGraph;
  readonly plan: SentPlan;
  readonly solution: Solution;
  readonly demand: number;
  readonly supply: number;
}

/** Why a pair is in a solution or not. */
export interface ExplainedSolution {
  readonly assigned: boolean;
  readonly reason: string;
  readonly rivals: readonly number[];
  readonly instead: readonly number[];
  readonly winningScore: number | undefined;
  readonly text: string;
}

// A graph of this size is solved within some ten milliseconds, sooner than a thread begins.
const sizeAtOnceMax = 10_000;

/** Whether a graph is small enough to be solved where the call is. */
export function isSmall({ demands, supplies, edgeDemands }: SentGraph): boolean {
  return demands.capacities.length + supplies.capacities.length + edgeDemands.length <= sizeAtOnceMax;
}

/** Whether a graph may be solved where the call is: it is small, and nothing has to be searched for. */
export function isEasy({ graph, plan }: Pick<SolveJob, "graph" | "plan">): boolean {
  return isSmall(graph) && !maySearch({ ...plan, unitLimits: plan.limits?.units ?? [] });
}

const othersMax = 20;

export function solveSent({ graph: sent, plan: sentPlan }: SolveJob, tools: AllocationTools = {}): Solved {
  try {
    const { graph, plan } = asked(sent, sentPlan);
    const solution = allocate(graph, plan, tools);
    const { edges } = solution.assignment;
    return {
      kind: "SOLVED",
      solution,
      demands: edges.map((edge) => graph.demands[edge]!),
      supplies: edges.map((edge) => graph.supplies[edge]!),
    };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { kind: "REFUSED", cause: error.reason, message: error.message };
  }
}

export function explainSent({
  graph: sent,
  plan: sentPlan,
  solution,
  ...pair
}: ExplainJob): ExplainedSolution {
  const { graph, plan } = asked(sent, sentPlan);
  const explanation = explain(graph, plan, solution, pair.demand, pair.supply);
  const text = explanationText(graph, explanation);
  if (explanation.outcome === "ASSIGNED") {
    return {
      assigned: true,
      reason: explanation.because,
      rivals: [],
      instead: [],
      winningScore: undefined,
      text,
    };
  }
  const { reason, rivals, instead, toWin } = explanation;
  return {
    assigned: false,
    reason,
    rivals: rivals.slice(0, othersMax),
    instead: instead.slice(0, othersMax),
    winningScore: toWin?.score,
    text,
  };
}
