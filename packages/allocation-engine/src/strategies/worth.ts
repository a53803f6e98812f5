import type { SparseGraph } from "../graph.ts";
import { objectiveWeights } from "../objective.ts";
import type { AllocationPlan, OutsideOptions, Strategy } from "../plan.ts";
import { expectedWeights } from "./expected-weights.ts";

/** Strategies that go by what each side says of the other and by nothing else. */
const BY_SCORES: ReadonlySet<Strategy> = new Set<Strategy>(["STABLE", "LOTTERY"]);
/** Strategies that need weights even where the plan states no objective. */
const MAXIMISES: ReadonlySet<Strategy> = new Set<Strategy>(["FAIR", "OPTIMAL", "EXPECTED"]);

/** What the strategy of a plan maximises; absent where it goes by scores. */
export function weightsOf(graph: SparseGraph, plan: AllocationPlan): Int32Array | undefined {
  if (BY_SCORES.has(plan.strategy)) return undefined;
  const stated = plan.objective !== undefined || plan.outside !== undefined;
  if (!stated && !MAXIMISES.has(plan.strategy)) return undefined;
  const weights = objectiveWeights(graph, plan.objective ?? {}, plan);
  return plan.strategy === "EXPECTED" ? expectedWeights(weights, plan.acceptance) : weights;
}

/**
 * By edge: 1 where somebody is better off outside. By weights: not above 0. By scores: one side's score is not above its own outside
 * option.
 */
export function unwantedEdges(
  graph: SparseGraph,
  plan: AllocationPlan,
  weights: Int32Array | undefined,
): Uint8Array | undefined {
  if (weights !== undefined) return Uint8Array.from(weights, (weight) => (weight > 0 ? 0 : 1));
  if (plan.outside === undefined) return undefined;
  const unwanted = new Uint8Array(graph.supplies.length);
  for (let edge = 0; edge < unwanted.length; edge++) {
    if (worseThanOutside(graph, plan.outside, edge)) unwanted[edge] = 1;
  }
  return unwanted;
}

function worseThanOutside(graph: SparseGraph, { demand, supply }: OutsideOptions, edge: number): boolean {
  const ofDemand = demand?.[graph.demands[edge]!];
  const ofSupply = supply?.[graph.supplies[edge]!];
  const demandBetterOff = ofDemand !== undefined && graph.demandScores[edge]! <= ofDemand;
  return demandBetterOff || (ofSupply !== undefined && graph.supplyScores[edge]! <= ofSupply);
}
