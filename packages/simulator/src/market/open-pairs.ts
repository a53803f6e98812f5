import type { SparseGraph } from "@marketmesh/allocation-engine";
import type { Moment } from "./decider.ts";

/** What is left of every position, and which pairs were asked. */
export interface Left {
  readonly demand: Int32Array;
  readonly supply: Int32Array;
  /** By edge: 1 when it was asked. */
  readonly asked: Uint8Array;
}

/** The pairs that may be chosen now: of demands that want and supplies that have something, each asked once at most. */
export function openPairs(whole: SparseGraph, left: Left): Pick<Moment, "graph" | "edges"> {
  const edges = new Uint32Array(countOpen(whole, left));
  const offsets = new Uint32Array(left.demand.length + 1);
  let count = 0;
  for (let demand = 0; demand < left.demand.length; demand++) {
    if (left.demand[demand]! > 0) {
      for (let edge = whole.offsets[demand]!; edge < whole.offsets[demand + 1]!; edge++) {
        if (isOpen(whole, left, edge)) edges[count++] = edge;
      }
    }
    offsets[demand + 1] = count;
  }
  const graph: SparseGraph = {
    ...whole,
    demandCapacity: left.demand.slice(),
    supplyCapacity: left.supply.slice(),
    offsets,
    demands: Uint32Array.from(edges, (edge) => whole.demands[edge]!),
    supplies: Uint32Array.from(edges, (edge) => whole.supplies[edge]!),
    demandScores: Int32Array.from(edges, (edge) => whole.demandScores[edge]!),
    supplyScores: Int32Array.from(edges, (edge) => whole.supplyScores[edge]!),
  };
  return { graph, edges };
}

function countOpen(whole: SparseGraph, left: Left): number {
  let count = 0;
  for (let edge = 0; edge < whole.demands.length; edge++) if (isOpen(whole, left, edge)) count++;
  return count;
}

function isOpen({ demands, supplies }: SparseGraph, { demand, supply, asked }: Left, edge: number): boolean {
  return asked[edge] === 0 && demand[demands[edge]!]! > 0 && supply[supplies[edge]!]! > 0;
}
