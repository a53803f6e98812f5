import { livePairs, type Residual, type SparseGraph } from "@marketmesh/allocation-engine";

/** What is left of every position, and which pairs were asked. */
export type Left = Omit<Residual, "waves">;

/** A graph of what is left, with the edge of the whole graph for each of its own. */
export interface ResidualGraph {
  readonly graph: SparseGraph;
  /** Ascending. */
  readonly edges: Uint32Array;
}

/** All demands and supplies keep their positions and ids; only pairs that can still be offered are left. */
export function residualGraph(whole: SparseGraph, left: Left): ResidualGraph {
  const live = livePairs(whole, left);
  const edges = live.edges.slice();
  const offsets = new Uint32Array(left.demandLeft.length + 1);
  for (const [row, demand] of live.demands.entries()) {
    offsets[demand + 1] = live.offsets[row + 1]! - live.offsets[row]!;
  }
  for (let demand = 0; demand < left.demandLeft.length; demand++) offsets[demand + 1]! += offsets[demand]!;
  const pick = (column: ArrayLike<number>) => edges.map((edge) => column[edge]!);
  const demandScores = Int32Array.from(pick(whole.demandScores));
  const sameScores = whole.supplyScores === whole.demandScores;
  const graph: SparseGraph = {
    ...whole,
    demandCapacity: left.demandLeft,
    supplyCapacity: left.supplyLeft,
    offsets,
    demands: pick(whole.demands),
    supplies: pick(whole.supplies),
    demandScores,
    supplyScores: sameScores ? demandScores : Int32Array.from(pick(whole.supplyScores)),
  };
  return { graph, edges };
}
