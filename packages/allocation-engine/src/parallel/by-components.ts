import { assignmentOf } from "../assignment.ts";
import type { SparseGraph } from "../graph.ts";
import { certify } from "../optimal/certificate.ts";
import type { CertifiedSolution, OptimalOptions } from "../optimal/optimal.ts";
import { refuseUnsolvable } from "../optimal/refuse.ts";
import { components } from "./components.ts";
import { cut, type Parcels } from "./parcels.ts";
import { solveParcels } from "./solve-parcel.ts";

/**
 * `optimal`, one part of the graph after the other: parts that share no pair are decided apart, so the answer is the one that
 * `SolverPool` finds with any number of threads. Worth as much as `optimal`'s; of several optima it may be another.
 *
 * @throws EngineError as `optimal`
 */
export function optimalByComponents(
  graph: SparseGraph,
  weights: Int32Array,
  options: OptimalOptions = {},
): CertifiedSolution {
  const parcels = prepare(graph, weights, options, false);
  solveParcels(parcels);
  return gather(graph, weights, parcels);
}

export function prepare(
  graph: SparseGraph,
  weights: Int32Array,
  { gap = 0 }: OptimalOptions,
  shared: boolean,
): Parcels {
  refuseUnsolvable(graph, weights, gap);
  return cut(graph, weights, gap, components(graph, weights), shared);
}

export function gather(graph: SparseGraph, weights: Int32Array, parcels: Parcels): CertifiedSolution {
  const work = parcels.work.reduce((sum, proposals) => sum + proposals, 0);
  const assignment = assignmentOf(graph, parcels.chosen, work);
  const demandPrices = Int32Array.from(parcels.demandPrices);
  const supplyPrices = Int32Array.from(parcels.supplyPrices);
  const certificate = certify(graph, weights, assignment.edges, demandPrices, supplyPrices);
  return { assignment, certificate };
}
