import { allocate } from "../allocate.ts";
import type { SparseGraph } from "../graph.ts";
import type { AllocationPlan } from "../plan.ts";
import type { Prepared } from "../strategies/prepare.ts";
import type { ToWin } from "./explanation.ts";
import { withScore } from "./score-of-weight.ts";

/**
 * A score with which deferred acceptance keeps an edge and one rank below which it does not, by bisection over the ranks that the
 * edge can take: about log2(ranks) solves. Undefined where the supply's own view keeps the pair out at every rank.
 */
export function stableToWin(
  graph: SparseGraph,
  plan: AllocationPlan,
  { caps }: Prepared,
  edge: number,
): ToWin | undefined {
  // Limits on demands make demands of one group choose together, so that ranks among all edges count.
  const together = caps.list.some(({ side }) => side === "DEMAND");
  const scores = ranks(graph, edge, together);
  const wins = (score: number): boolean =>
    allocate(withScore(graph, edge, score), plan).assignment.edges.includes(edge);
  const top = scores.at(-1);
  if (top === undefined || !wins(top)) return undefined;
  let loses = -1;
  let won = scores.length - 1;
  while (won - loses > 1) {
    const middle = (won + loses) >> 1;
    if (wins(scores[middle]!)) won = middle;
    else loses = middle;
  }
  return { weight: scores[won]!, score: scores[won]!, tieBelow: false };
}

/** The least scores above the edge's own with which it passes another edge, ascending. */
function ranks(graph: SparseGraph, edge: number, together: boolean): number[] {
  const demand = graph.demands[edge]!;
  const [from, to] = together
    ? [0, graph.supplies.length]
    : [graph.offsets[demand]!, graph.offsets[demand + 1]!];
  const scores = new Set<number>();
  for (let other = from; other < to; other++) {
    const score = graph.demandScores[other]! + (edge < other ? 0 : 1);
    if (other !== edge && score > graph.demandScores[edge]! && score <= 0x7fffffff) scores.add(score);
  }
  return [...scores].sort((a, b) => a - b);
}
