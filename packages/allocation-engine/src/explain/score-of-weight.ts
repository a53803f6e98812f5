import type { SparseGraph } from "../graph.ts";
import { objectiveWeights } from "../objective.ts";
import type { AllocationPlan } from "../plan.ts";

const ONE = 1_000_000;
const SCORE_MAX = 0x7fffffff;

/**
 * The least demand score that gives an edge at least a weight, everything else as it is; undefined where no score of 32 bits does.
 *
 * @param weights of the plan's objective; absent: a weight is the score itself
 */
export function scoreOfWeight(
  graph: SparseGraph,
  plan: AllocationPlan,
  weights: Int32Array | undefined,
  edge: number,
  weight: number,
): number | undefined {
  if (weights === undefined) return inRange(weight);
  const quality = plan.objective?.demandQuality ?? ONE;
  const said = plan.strategy === "EXPECTED" ? (plan.acceptance?.[edge] ?? 1) : 1;
  if (quality === 0 || said === 0) return undefined;
  const stated = said === 1 ? weights[edge]! : objectiveWeights(graph, plan.objective ?? {}, plan)[edge]!;
  const counted = (score: number): number => Math.round((score * quality) / ONE);
  const needed = leastFactor(weight, said) - (stated - counted(graph.demandScores[edge]!));
  let score = Math.ceil(((needed - 0.5) * ONE) / quality);
  while (counted(score) < needed) score++;
  while (counted(score - 1) >= needed) score--;
  return inRange(score);
}

/** The least integer that gives an expected weight: any above 0 gives 1. */
function leastFactor(weight: number, said: number): number {
  if (said === 1 || weight <= 1) return weight;
  let factor = Math.ceil(weight / said);
  while (Math.floor(factor * said) < weight) factor++;
  while (Math.floor((factor - 1) * said) >= weight) factor--;
  return factor;
}

function inRange(score: number): number | undefined {
  return Math.abs(score) <= SCORE_MAX ? score : undefined;
}

/** The same graph in which one edge has another demand score. */
export function withScore(graph: SparseGraph, edge: number, score: number): SparseGraph {
  const demandScores = graph.demandScores.slice();
  demandScores[edge] = score;
  return { ...graph, demandScores };
}
