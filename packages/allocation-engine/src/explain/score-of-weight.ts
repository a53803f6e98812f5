import type { SparseGraph } from "../graph.ts";
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
  if (quality === 0) return undefined;
  const counted = (score: number): number => Math.round((score * quality) / ONE);
  const needed = weight - (weights[edge]! - counted(graph.demandScores[edge]!));
  let score = Math.ceil(((needed - 0.5) * ONE) / quality);
  while (counted(score) < needed) score++;
  while (counted(score - 1) >= needed) score--;
  return inRange(score);
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
