import { type SparseGraph, UNLIMITED } from "../graph.ts";

/**
 * Why an assignment is as good as it is said to be: prices whose dual value bounds every assignment from above.
 *
 * The dual of the b-matching is sum of capacity x price over both sides + sum over edges of max(0, weight - both prices); no
 * assignment is worth more, whatever the prices (0 or more) are. All values are integers in the unit of the weights.
 */
export interface Certificate {
  /** Sum of the weights of the chosen edges. */
  readonly primal: number;
  /** The bound: no assignment of this graph is worth more. */
  readonly dual: number;
  /** (dual - primal) / dual: the share that is lost at most; 0 when exact. */
  readonly gap: number;
  /** True when primal = dual: nothing better exists. */
  readonly exact: boolean;
  /** What one unit of the demand is worth at the margin, 0 or more. */
  readonly demandPrices: Int32Array;
  /** What one unit of the supply is worth at the margin, 0 or more. */
  readonly supplyPrices: Int32Array;
}

/** The certificate of some chosen edges and prices: computes both values. What is unlimited has no price, whatever was bid for it. */
export function certify(
  graph: SparseGraph,
  weights: Int32Array,
  edges: Uint32Array,
  demandPrices: Int32Array,
  pricesFound: Int32Array,
): Certificate {
  const supplyPrices = pricesFound.map((price, supply) =>
    graph.supplyCapacity[supply] === UNLIMITED ? 0 : price,
  );
  let primal = 0;
  for (let at = 0; at < edges.length; at++) primal += weights[edges[at]!]!;
  const dual =
    capacityValue(graph.demandCapacity, demandPrices) +
    capacityValue(graph.supplyCapacity, supplyPrices) +
    surplus(graph, weights, demandPrices, supplyPrices);
  const exact = primal === dual;
  return { primal, dual, gap: exact ? 0 : (dual - primal) / dual, exact, demandPrices, supplyPrices };
}

function capacityValue(capacity: Int32Array, prices: Int32Array): number {
  let value = 0;
  for (let node = 0; node < capacity.length; node++) value += capacity[node]! * prices[node]!;
  return value;
}

/** What edges are worth beyond the prices of both ends. */
function surplus(
  { offsets, supplies }: SparseGraph,
  weights: Int32Array,
  demandPrices: Int32Array,
  supplyPrices: Int32Array,
): number {
  let value = 0;
  for (let demand = 0; demand < demandPrices.length; demand++) {
    const price = demandPrices[demand]!;
    const stop = offsets[demand + 1]!;
    for (let edge = offsets[demand]!; edge < stop; edge++) {
      const over = weights[edge]! - price - supplyPrices[supplies[edge]!]!;
      if (over > 0) value += over;
    }
  }
  return value;
}
