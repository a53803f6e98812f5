/** A node that arrives, with its edges to nodes of the other side that are already there (or arrive before it). */
export interface Arrival {
  readonly capacity: number;
  /** Positions on the other side, distinct. */
  readonly others: ArrayLike<number>;
  /** In the same order; integers of 32 bits. */
  readonly weights: ArrayLike<number>;
}

export interface CapacityChange {
  readonly node: number;
  /** 0: the node leaves, and its position stays unused until a capacity is set again. */
  readonly capacity: number;
}

/** A weight that changes, or an edge that appears. */
export interface WeightChange {
  readonly demand: number;
  readonly supply: number;
  /** 0 or below: the edge is not chosen. */
  readonly weight: number;
}

/** One batch, applied in the order of the fields. */
export interface MarketChanges {
  readonly demandCapacities?: readonly CapacityChange[];
  readonly supplyCapacities?: readonly CapacityChange[];
  readonly weights?: readonly WeightChange[];
  /** Take the next positions, in order. */
  readonly arrivingSupplies?: readonly Arrival[];
  readonly arrivingDemands?: readonly Arrival[];
}
