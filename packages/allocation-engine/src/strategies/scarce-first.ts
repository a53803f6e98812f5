import type { Assignment } from "../assignment.ts";
import type { SparseGraph } from "../graph.ts";
import type { Caps } from "../limits/caps.ts";
import { Taking } from "../limits/taking.ts";
import { identity, stableOrder } from "../order.ts";
import { LIST_ENDED, Preferences } from "../preferences.ts";
import { ScarcityQueue } from "./scarcity-queue.ts";

/**
 * Who has the fewest choices left chooses next: the demand with the fewest live edges (edges to a supply that still has units) takes
 * its best one that fits, for one of its units, then the next. Fills more than `greedy`, with worse pairs. Ties: lower demand id; of
 * equal scores the lower supply id. Time: O(edges · log edges).
 *
 * After R. M. Karp, M. Sipser, "Maximum Matchings in Sparse Random Graphs", FOCS 1981, whose rule serves degree 1 first.
 *
 * @param scores by edge
 * @param taken where given, edges are put here in the order they are taken
 */
export function scarceFirst(
  graph: SparseGraph,
  scores: Int32Array,
  caps?: Caps,
  taken?: number[],
): Assignment {
  const taking = new Taking(graph, caps);
  const preferences = new Preferences(graph.demands, graph.demandCapacity.length, scores);
  const bySupply = stableOrder(identity(graph.supplies.length), graph.supplies, graph.supplyCapacity.length);
  const live = liveEdges(graph);
  const queue = new ScarcityQueue(live);
  let proposals = 0;
  for (let demand = queue.next(); demand >= 0; demand = queue.next()) {
    const edge = nextThatFits(demand);
    if (edge === LIST_ENDED) continue;
    taken?.push(edge);
    live[demand]!--;
    const supply = graph.supplies[edge]!;
    if (taking.left[supply] === 0) closeEdges(supply);
    if (taking.wanted[demand]! > 0) queue.put(demand);
  }
  return taking.assignment(proposals);

  function nextThatFits(demand: number): number {
    for (let edge = preferences.next(demand); edge !== LIST_ENDED; edge = preferences.next(demand)) {
      proposals++;
      if (taking.take(edge)) return edge;
    }
    return LIST_ENDED;
  }

  function closeEdges(supply: number): void {
    for (let at = bySupply.offsets[supply]!; at < bySupply.offsets[supply + 1]!; at++) {
      const edge = bySupply.order[at]!;
      const demand = graph.demands[edge]!;
      if (taking.chosen[edge] === 1 || taking.wanted[demand] === 0) continue;
      live[demand]!--;
      queue.put(demand);
    }
  }
}

function liveEdges(graph: SparseGraph): Int32Array {
  const live = new Int32Array(graph.demandCapacity.length);
  for (let edge = 0; edge < graph.supplies.length; edge++) {
    if (graph.supplyCapacity[graph.supplies[edge]!]! > 0) live[graph.demands[edge]!]!++;
  }
  return live;
}
