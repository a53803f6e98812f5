import { type Assignment, assignmentOf, unitsOfPair } from "./assignment.ts";
import { EngineError } from "./engine-error.ts";
import { type Graph, type SparseGraph, UNLIMITED } from "./graph.ts";
import { bestFirst } from "./order.ts";
import { LIST_ENDED, Preferences } from "./preferences.ts";

/**
 * Takes the best pair of the whole graph by demand score, then the best that still fits, and so on.
 * Ties: lower demand id, then lower supply id, bytewise. Supply's view plays no part, so pairs may be left
 * that would both rather have each other.
 */
export function greedy(graph: SparseGraph): Assignment {
  const taking = startTaking(graph);
  const order = bestFirst(graph.demandScores);
  for (let index = 0; index < order.length; index++) take(taking, order[index]!);
  return assignmentOf(graph, taking.chosen, order.length);
}

/**
 * Serves demands one after the other: each walks its own preference (demand score, then supply id) and takes
 * what still has capacity. What a batch of allocate-now requests gets.
 *
 * @param requestOrder demand ids, first come first; demands that are not named get nothing
 * @throws EngineError ORDER_DEMAND_UNKNOWN, ORDER_DEMAND_REPEATED
 */
export function greedyInOrder(graph: Graph, requestOrder: readonly string[]): Assignment {
  const taking = startTaking(graph);
  const preferences = new Preferences(graph.demands, graph.demandCapacity.length, graph.demandScores);
  let proposals = 0;
  for (const demand of positionsOf(graph, requestOrder)) {
    while (taking.wanted[demand]! > 0) {
      const edge = preferences.next(demand);
      if (edge === LIST_ENDED) break;
      take(taking, edge);
      proposals++;
    }
  }
  return assignmentOf(graph, taking.chosen, proposals);
}

interface Taking {
  readonly graph: SparseGraph;
  readonly wanted: Int32Array;
  readonly left: Int32Array;
  readonly chosen: Uint8Array;
}

function startTaking(graph: SparseGraph): Taking {
  return {
    graph,
    wanted: graph.demandCapacity.slice(),
    left: graph.supplyCapacity.slice(),
    chosen: new Uint8Array(graph.supplies.length),
  };
}

function take({ graph, wanted, left, chosen }: Taking, edge: number): void {
  const demand = graph.demands[edge]!;
  const supply = graph.supplies[edge]!;
  const units = unitsOfPair(graph, demand);
  if (units === 0 || wanted[demand]! < units || left[supply]! < units) return;
  wanted[demand]! -= units;
  if (graph.supplyCapacity[supply] !== UNLIMITED) left[supply]! -= units;
  chosen[edge] = 1;
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
