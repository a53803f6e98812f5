import { type Assignment, assignmentOf } from "../assignment.ts";
import type { SparseGraph } from "../graph.ts";
import { type Certificate, certify } from "../optimal/certificate.ts";
import { bestMissed } from "../optimal/exact.ts";
import { identity, stableOrder } from "../order.ts";
import type { GrowingMarket } from "./growing-market.ts";

/** A market as it stands: a graph of its own, what is chosen, and the proof. */
export interface Snapshot {
  readonly graph: SparseGraph;
  readonly weights: Int32Array;
  readonly assignment: Assignment;
  readonly certificate: Certificate;
}

/** Scores of the graph are the weights: the market knows no others. */
export function snapshotOf(market: GrowingMarket, work: number): Snapshot {
  const { demand, supply, edgeCount } = market;
  const demandOf = demand.nodeOf.subarray(0, edgeCount);
  const supplyOf = supply.nodeOf.subarray(0, edgeCount);
  const bySupply = stableOrder(identity(edgeCount), supplyOf, supply.count);
  const { order, offsets } = stableOrder(bySupply.order, demandOf, demand.count);
  const weights = Int32Array.from(order, (edge) => market.weights[edge]!);
  const graph: SparseGraph = {
    unitMode: "SPREAD",
    demandCapacity: demand.capacity.slice(0, demand.count),
    supplyCapacity: supply.capacity.slice(0, supply.count),
    offsets,
    demands: order.map((edge) => demandOf[edge]!),
    supplies: order.map((edge) => supplyOf[edge]!),
    demandScores: weights,
    supplyScores: weights,
  };
  const chosen = Uint8Array.from(order, (edge) => market.held[edge]!);
  const assignment = assignmentOf(graph, chosen, work);
  // What a demand misses at most: never above the price it carries, so the bound is the best these supply prices prove.
  const demandPrices = new Int32Array(demand.count);
  for (let node = 0; node < demand.count; node++)
    demandPrices[node] = bestMissed(market, demand, supply, node);
  const supplyPrices = Int32Array.from(supply.price.subarray(0, supply.count));
  const certificate = certify(graph, weights, assignment.edges, demandPrices, supplyPrices);
  return { graph, weights, assignment, certificate };
}
