import type { Assignment } from "../assignment.ts";
import type { SparseGraph } from "../graph.ts";
import type { Caps } from "../limits/caps.ts";
import type { PackingSolver } from "../limits/packing.ts";
import type { AllocationPlan } from "../plan.ts";

/** What a strategy decides: a graph without exclusions and pins, with the limits that are left. */
export interface Problem {
  readonly graph: SparseGraph;
  readonly caps: Caps;
  /** By edge of this graph; the demand's scores where the plan has no objective. */
  readonly weights: Int32Array;
  /** By edge of this graph: the edge of the graph that the plan speaks of. */
  readonly edges: Uint32Array;
  readonly plan: AllocationPlan;
  /** What searches for the best choice where limits make it hard. */
  readonly search?: PackingSolver;
}

/** Prices of single units that prove a bound, in the unit of weights. */
export interface Prices {
  readonly demandPrices: ArrayLike<number>;
  readonly supplyPrices: ArrayLike<number>;
  /** By cap. */
  readonly limitPrices: ArrayLike<number>;
}

/** What a strategy answers, in edges of its problem. */
export interface Answer {
  readonly assignment: Assignment;
  /** How it was found, for reports. */
  readonly method: string;
  /** Of strategies that prove how good their answer is. */
  readonly prices?: Prices;
  /** What a search proved nothing exceeds. */
  readonly searchBound?: number;
  /** By cap: units that shares were granted, fewest that the answer had to give. */
  readonly granted?: ArrayLike<number>;
}
