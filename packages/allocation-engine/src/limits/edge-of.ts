import type { SparseGraph } from "../graph.ts";

/** What `edgeOf` answers for a pair without an edge. */
export const NO_EDGE = -1;

/** The edge of a pair, by bisection of the demand's row, or `NO_EDGE`. */
export function edgeOf(graph: SparseGraph, demand: number, supply: number): number {
  let low = graph.offsets[demand]!;
  let high = graph.offsets[demand + 1]! - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = graph.supplies[middle]!;
    if (found === supply) return middle;
    if (found < supply) low = middle + 1;
    else high = middle - 1;
  }
  return NO_EDGE;
}
