import type { Residual, SparseGraph } from "@marketmesh/allocation-engine";

/** A graph of what is left, with the edge of the whole graph for each of its own. */
export interface ResidualGraph {
  readonly graph: SparseGraph;
  readonly edges: Uint32Array;
}

/** All demands and supplies keep their positions; only pairs that can still be offered are left. */
export function residualGraph(graph: SparseGraph, residual: Residual): ResidualGraph {
  const { demandLeft, supplyLeft, asked } = residual;
  const edges = new Uint32Array(graph.supplies.length);
  const offsets = new Uint32Array(demandLeft.length + 1);
  let count = 0;
  for (let demand = 0; demand < demandLeft.length; demand++) {
    if (demandLeft[demand]! > 0) {
      for (let edge = graph.offsets[demand]!; edge < graph.offsets[demand + 1]!; edge++) {
        if (asked[edge] === 0 && supplyLeft[graph.supplies[edge]!]! > 0) edges[count++] = edge;
      }
    }
    offsets[demand + 1] = count;
  }
  const kept = edges.slice(0, count);
  const pick = <Column extends Uint32Array | Int32Array>(column: Column) => kept.map((edge) => column[edge]!);
  const demandScores = Int32Array.from(pick(graph.demandScores));
  return {
    edges: kept,
    graph: {
      unitMode: graph.unitMode,
      demandCapacity: demandLeft,
      supplyCapacity: supplyLeft,
      offsets,
      demands: pick(graph.demands),
      supplies: pick(graph.supplies),
      demandScores,
      supplyScores:
        graph.supplyScores === graph.demandScores ? demandScores : Int32Array.from(pick(graph.supplyScores)),
    },
  };
}
