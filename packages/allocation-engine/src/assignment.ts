import type { SparseGraph } from "./graph.ts";

/** Who gets what. */
export interface Assignment {
  /** Chosen edges of the graph, ascending, each once. */
  readonly edges: Uint32Array;
  /** Units on each chosen edge, in the same order; 1 or more. */
  readonly units: Int32Array;
  /** How many proposals were made: the work done, the same on every machine. */
  readonly proposals: number;
}

/** Units that one pair of this demand carries. */
export function unitsOfPair(graph: SparseGraph, demand: number): number {
  return graph.unitMode === "WHOLE" ? graph.demandCapacity[demand]! : 1;
}

/** Turns marks per edge into an assignment. */
export function assignmentOf(graph: SparseGraph, chosen: Uint8Array, proposals: number): Assignment {
  let count = 0;
  for (let edge = 0; edge < chosen.length; edge++) count += chosen[edge]!;
  const edges = new Uint32Array(count);
  const units = new Int32Array(count);
  for (let edge = 0, next = 0; edge < chosen.length; edge++) {
    if (chosen[edge] === 0) continue;
    edges[next] = edge;
    units[next++] = unitsOfPair(graph, graph.demands[edge]!);
  }
  return { edges, units, proposals };
}
