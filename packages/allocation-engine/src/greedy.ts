import type { Assignment } from "./assignment.ts";
import { EngineError } from "./engine-error.ts";
import type { Graph, SparseGraph } from "./graph.ts";
import type { Caps } from "./limits/caps.ts";
import { Taking } from "./limits/taking.ts";
import { bestFirst } from "./order.ts";
import { LIST_ENDED, Preferences } from "./preferences.ts";

/**
 * Takes the best pair of the whole graph, then the best that still fits, and so on. Ties: lower demand id, then lower supply id,
 * bytewise. Supply's view plays no part, so pairs may be left that would both rather have each other.
 *
 * @param scores by edge, the demand's scores when absent
 */
export function greedy(graph: SparseGraph, scores: Int32Array = graph.demandScores, caps?: Caps): Assignment {
  const taking = new Taking(graph, caps);
  const order = bestFirst(scores);
  for (let index = 0; index < order.length; index++) taking.take(order[index]!);
  return taking.assignment(order.length);
}

/**
 * Serves demands one after the other: each walks its own preference (demand score, then supply id) and takes
 * what still has capacity. What a batch of allocate-now requests gets.
 *
 * @param requestOrder demand ids, first come first; demands that are not named get nothing
 * @throws EngineError ORDER_DEMAND_UNKNOWN, ORDER_DEMAND_REPEATED
 */
export function greedyInOrder(graph: Graph, requestOrder: readonly string[]): Assignment {
  return serveInOrder(graph, positionsOf(graph, requestOrder), graph.demandScores);
}

/**
 * The same by positions: each demand in turn takes its best edges that still fit.
 *
 * @param demands positions, each once
 * @param scores by edge; ties go to the lower edge
 */
export function serveInOrder(
  graph: SparseGraph,
  demands: ArrayLike<number>,
  scores: Int32Array,
  caps?: Caps,
): Assignment {
  const taking = new Taking(graph, caps);
  const preferences = new Preferences(graph.demands, graph.demandCapacity.length, scores);
  let proposals = 0;
  for (let turn = 0; turn < demands.length; turn++) {
    const demand = demands[turn]!;
    while (taking.wanted[demand]! > 0) {
      const edge = preferences.next(demand);
      if (edge === LIST_ENDED) break;
      taking.take(edge);
      proposals++;
    }
  }
  return taking.assignment(proposals);
}

function positionsOf(graph: Graph, requestOrder: readonly string[]): number[] {
  const positionOf = new Map(graph.demandIds.map((id, position) => [id, position]));
  const seen = new Set<number>();
  return requestOrder.map((id) => {
    const position = positionOf.get(id);
    if (position === undefined)
      throw new EngineError("ORDER_DEMAND_UNKNOWN", `demand ${id} is not in the graph`);
    if (seen.has(position)) throw new EngineError("ORDER_DEMAND_REPEATED", `demand ${id} is named twice`);
    seen.add(position);
    return position;
  });
}
