import { optimal, type SparseGraph } from "@marketmesh/allocation-engine";
import type { Oracle } from "../oracle/oracle.ts";
import { residualGraph } from "../residual-graph.ts";

/** What somebody who knows all answers would come to. */
export interface ClairvoyantOutcome {
  readonly accepted: number;
  readonly fill: number;
  /** Sum of scores as 0..1. */
  readonly value: number;
}

/**
 * The best assignments of the pairs that would accept, exactly: one per bonus.
 *
 * @param bonuses added to every pair's score (0..1): 0 for the most value, 10 for the most pairs and then the most value
 */
export function clairvoyant(
  graph: SparseGraph,
  oracle: Oracle,
  bonuses: readonly number[],
): ClairvoyantOutcome[] {
  const accepting = acceptingPairs(graph, oracle);
  const openings = graph.demandCapacity.reduce((sum, units) => sum + units, 0);
  return bonuses.map((bonus) => {
    const weights = accepting.demandScores.map((score) => score + Math.round(bonus * 1e6));
    const { edges } = optimal(accepting, weights).assignment;
    let value = 0;
    for (const edge of edges) value += accepting.demandScores[edge]!;
    const accepted = edges.length;
    return { accepted, fill: openings === 0 ? 0 : accepted / openings, value: value / 1e6 };
  });
}

function acceptingPairs(graph: SparseGraph, oracle: Oracle): SparseGraph {
  const declined = new Uint8Array(graph.supplies.length);
  for (let edge = 0; edge < declined.length; edge++) {
    declined[edge] = oracle.answer(graph.demands[edge]!, graph.supplies[edge]!, 0) ? 0 : 1;
  }
  const { demandCapacity: demandLeft, supplyCapacity: supplyLeft } = graph;
  return residualGraph(graph, { demandLeft, supplyLeft, asked: declined }).graph;
}
