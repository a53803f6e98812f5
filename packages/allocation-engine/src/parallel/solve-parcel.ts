import type { SparseGraph } from "../graph.ts";
import { optimal } from "../optimal/optimal.ts";
import type { Parcels } from "./parcels.ts";

/** Takes parcels until none is left; several threads may do so at once. */
export function solveParcels(parcels: Parcels): void {
  for (;;) {
    const parcel = Atomics.add(parcels.next, 0, 1);
    if (parcel >= parcels.count) return;
    solveParcel(parcels, parcel);
  }
}

/** Solves one parcel as a graph of its own and writes the answer where the parcel's nodes and edges are. */
function solveParcel(parcels: Parcels, parcel: number): void {
  const demands = members(parcels.demandOrder, parcels.demandOffsets, parcel);
  const supplies = members(parcels.supplyOrder, parcels.supplyOffsets, parcel);
  const edges = usableEdges(parcels, demands);
  const weights = Int32Array.from(edges, (edge) => parcels.weights[edge]!);
  const graph = graphOf(parcels, demands, supplies, edges, weights);
  const { assignment, certificate } = optimal(graph, weights, { gap: parcels.gap });
  for (const edge of assignment.edges) parcels.chosen[edges[edge]!] = 1;
  for (let at = 0; at < demands.length; at++) {
    parcels.demandPrices[demands[at]!] = certificate.demandPrices[at]!;
  }
  for (let at = 0; at < supplies.length; at++) {
    parcels.supplyPrices[supplies[at]!] = certificate.supplyPrices[at]!;
  }
  parcels.work[parcel] = assignment.proposals;
}

function members(order: Uint32Array, offsets: Uint32Array, parcel: number): Uint32Array {
  return order.subarray(offsets[parcel]!, offsets[parcel + 1]!);
}

/** Edges of weight 0 and below may lead out of the parcel; they are never chosen. */
function usableEdges({ offsets, weights }: Parcels, demands: Uint32Array): Uint32Array {
  let room = 0;
  for (const demand of demands) room += offsets[demand + 1]! - offsets[demand]!;
  const edges = new Uint32Array(room);
  let count = 0;
  for (const demand of demands) {
    for (let edge = offsets[demand]!; edge < offsets[demand + 1]!; edge++) {
      if (weights[edge]! > 0) edges[count++] = edge;
    }
  }
  return edges.subarray(0, count);
}

function graphOf(
  parcels: Parcels,
  demands: Uint32Array,
  supplies: Uint32Array,
  edges: Uint32Array,
  weights: Int32Array,
): SparseGraph {
  const offsets = new Uint32Array(demands.length + 1);
  const edgeDemands = new Uint32Array(edges.length);
  for (let at = 0, edge = 0; at < demands.length; at++) {
    const stop = parcels.offsets[demands[at]! + 1]!;
    for (; edge < edges.length && edges[edge]! < stop; edge++) edgeDemands[edge] = at;
    offsets[at + 1] = edge;
  }
  return {
    unitMode: parcels.unitMode,
    demandCapacity: Int32Array.from(demands, (demand) => parcels.demandCapacity[demand]!),
    supplyCapacity: Int32Array.from(supplies, (supply) => parcels.supplyCapacity[supply]!),
    offsets,
    demands: edgeDemands,
    supplies: Uint32Array.from(edges, (edge) => parcels.placeOf[parcels.supplies[edge]!]!),
    demandScores: weights,
    supplyScores: weights,
  };
}
