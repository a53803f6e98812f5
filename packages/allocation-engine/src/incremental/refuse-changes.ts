import { EngineError } from "../engine-error.ts";
import { UNLIMITED } from "../graph.ts";
import type { Arrival, CapacityChange, MarketChanges } from "./changes.ts";
import type { GrowingMarket } from "./growing-market.ts";

/** Throws for the first mistake of a batch, before anything is applied; reasons as stated at `IncrementalOptimum.apply`. */
export function refuseBadChanges({ demand, supply }: GrowingMarket, changes: MarketChanges): void {
  const { arrivingSupplies = [], arrivingDemands = [], weights = [] } = changes;
  refuseBadCapacities("demand", changes.demandCapacities, demand.count);
  refuseBadCapacities("supply", changes.supplyCapacities, supply.count);
  for (const change of weights) {
    refuseOutside("demand", change.demand, demand.count);
    refuseOutside("supply", change.supply, supply.count);
    refuseBadWeight(change.weight);
  }
  for (const arrival of arrivingSupplies) refuseBadArrival("supply", arrival, demand.count);
  const supplies = supply.count + arrivingSupplies.length;
  for (const arrival of arrivingDemands) refuseBadArrival("demand", arrival, supplies);
}

function refuseBadCapacities(side: string, changes: readonly CapacityChange[] = [], count: number): void {
  for (const { node, capacity } of changes) {
    refuseOutside(side, node, count);
    refuseBadCapacity(side, capacity);
  }
}

function refuseBadArrival(side: string, { capacity, others, weights }: Arrival, otherCount: number): void {
  refuseBadCapacity(side, capacity);
  if (others.length !== weights.length) {
    throw new EngineError("COLUMN_LENGTHS_DIFFER", `${others.length} edges, ${weights.length} weights`);
  }
  const seen = new Set<number>();
  for (let at = 0; at < others.length; at++) {
    refuseOutside(`other end of an arriving ${side}`, others[at]!, otherCount);
    if (seen.has(others[at]!))
      throw new EngineError("EDGE_REPEATED", `edge to ${others[at]} is listed twice`);
    seen.add(others[at]!);
    refuseBadWeight(weights[at]!);
  }
}

function refuseOutside(what: string, node: number, count: number): void {
  if (Number.isInteger(node) && node >= 0 && node < count) return;
  throw new EngineError("EDGE_OUT_OF_RANGE", `${what} ${node} of ${count}`);
}

function refuseBadCapacity(side: string, capacity: number): void {
  if ((capacity | 0) === capacity && capacity >= 0) return;
  throw new EngineError("CAPACITY_INVALID", `${side} capacity ${capacity}; allowed: 0 to ${UNLIMITED}`);
}

function refuseBadWeight(weight: number): void {
  if ((weight | 0) === weight) return;
  throw new EngineError("SCORE_INVALID", `weight ${weight} is not an integer of 32 bits`);
}
