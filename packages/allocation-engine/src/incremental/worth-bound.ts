import { EngineError } from "../engine-error.ts";
import type { Arrival, MarketChanges } from "./changes.ts";
import type { GrowingSide } from "./growing-side.ts";

/** What is read of the demands; a row begins with its best edge. */
export type DemandRows = Pick<GrowingSide, "count" | "start" | "end" | "capacity" | "lines">;

/**
 * What the market may be worth at most. Sums are exact below 2^53 only, so a batch that could pass it is refused. Changes only add to the
 * bound, by what they name; where that would not do it is worked out anew.
 */
export class WorthBound {
  readonly #demand: DemandRows;
  #most: number;

  constructor(demand: DemandRows) {
    this.#demand = demand;
    this.#most = worthOf(demand);
  }

  /**
   * To be called before the changes are applied.
   *
   * @throws EngineError WEIGHT_OVERFLOW; then the bound stays
   */
  add(changes: MarketChanges): void {
    const added = addedBy(this.#demand, changes);
    if (this.#most + added > Number.MAX_SAFE_INTEGER) this.#most = worthOf(this.#demand);
    const most = this.#most + added;
    if (most > Number.MAX_SAFE_INTEGER) {
      throw new EngineError("WEIGHT_OVERFLOW", `the total may reach ${most}, beyond 2^53`);
    }
    this.#most = most;
  }
}

/** Every demand's units at its best weight. */
function worthOf(demand: DemandRows): number {
  let most = 0;
  for (let node = 0; node < demand.count; node++) most += bestOf(demand, node) * usable(demand, node);
  return most;
}

/** An edge carries one unit, so it adds its weight at most; a unit of capacity adds the best weight there is. */
function addedBy(demand: DemandRows, changes: MarketChanges): number {
  let added = 0;
  for (const { node, capacity } of changes.demandCapacities ?? []) {
    const more = usable(demand, node, capacity) - usable(demand, node);
    if (more > 0) added += more * bestOf(demand, node);
  }
  for (const { weight } of changes.weights ?? []) added += Math.max(0, weight);
  return added + worthOfArrivals(changes.arrivingSupplies) + worthOfArrivals(changes.arrivingDemands);
}

function worthOfArrivals(arrivals: readonly Arrival[] = []): number {
  let worth = 0;
  for (const { weights } of arrivals) {
    for (let at = 0; at < weights.length; at++) worth += Math.max(0, weights[at]!);
  }
  return worth;
}

function bestOf({ start, end, lines }: DemandRows, node: number): number {
  const first = start[node]!;
  return first === end[node] ? 0 : Math.max(0, lines[2 * first + 1]!);
}

function usable({ start, end, capacity }: DemandRows, node: number, units = capacity[node]!): number {
  return Math.min(units, end[node]! - start[node]!);
}
