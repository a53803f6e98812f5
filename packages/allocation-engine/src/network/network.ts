import { EngineError } from "../engine-error.ts";

/** Capacity of an arc without a bound. */
export const UNBOUNDED = Number.POSITIVE_INFINITY;

/**
 * A directed network. Every number is an integer; several arcs between the same nodes and arcs from a node to itself are
 * allowed.
 */
export interface Network {
  /** Per node: units it gives (above 0) or takes (below 0). The sum is 0. */
  readonly supplies: ArrayLike<number>;
  /** Per arc: the node it leaves. */
  readonly tails: ArrayLike<number>;
  /** Per arc: the node it enters. */
  readonly heads: ArrayLike<number>;
  /** Per arc: most units it carries, or `UNBOUNDED`. */
  readonly upper: ArrayLike<number>;
  /** Per arc: fewest units it carries, 0 or more; absent: 0 everywhere. */
  readonly lower?: ArrayLike<number>;
  /** Per arc: cost of one unit, of any sign. */
  readonly costs: ArrayLike<number>;
}

/** Potentials and flow of an earlier run: of the same nodes and arcs in the same order, whatever their numbers were then. */
export interface FlowStart {
  readonly potentials: ArrayLike<number>;
  readonly flow?: ArrayLike<number>;
}

/** A flow of least cost, and what proves it. */
export interface Flow {
  /** Per arc: units. */
  readonly flow: Float64Array;
  /**
   * Per node, integer. With the reduced cost `cost + potential[tail] - potential[head]`, an arc above 0 carries its lower
   * bound and an arc below 0 its upper bound: that is the proof that no flow is cheaper.
   */
  readonly potentials: Float64Array;
  readonly cost: number;
  readonly work: FlowWork;
}

/** What was done, the same on every machine. */
export interface FlowWork {
  readonly phases: number;
  readonly pushes: number;
  readonly relabels: number;
  readonly priceUpdates: number;
}

/**
 * Refuses what is not a network.
 *
 * @throws EngineError COLUMN_LENGTHS_DIFFER, NETWORK_INVALID, NETWORK_INFEASIBLE (supplies that do not sum to 0)
 */
export function refuseInvalidNetwork(network: Network): void {
  const { supplies, tails, heads, upper, lower, costs } = network;
  const arcs = tails.length;
  const columns = [heads, upper, costs, ...(lower === undefined ? [] : [lower])];
  if (columns.some((column) => column.length !== arcs)) {
    throw new EngineError("COLUMN_LENGTHS_DIFFER", "the columns of the arcs differ in length");
  }
  let balance = 0;
  for (let node = 0; node < supplies.length; node++) {
    if (!Number.isSafeInteger(supplies[node])) refuse(`supply of node ${node} is ${supplies[node]}`);
    balance += supplies[node]!;
  }
  for (let arc = 0; arc < arcs; arc++) {
    const least = lower === undefined ? 0 : lower[arc]!;
    if (!isPosition(tails[arc]!, supplies.length)) refuse(`arc ${arc} leaves node ${tails[arc]}`);
    if (!isPosition(heads[arc]!, supplies.length)) refuse(`arc ${arc} enters node ${heads[arc]}`);
    if (!Number.isSafeInteger(costs[arc])) refuse(`cost of arc ${arc} is ${costs[arc]}`);
    if (!Number.isSafeInteger(least) || least < 0) refuse(`lower bound of arc ${arc} is ${least}`);
    if (!Number.isSafeInteger(upper[arc]) && upper[arc] !== UNBOUNDED) {
      refuse(`upper bound of arc ${arc} is ${upper[arc]}`);
    }
    if (upper[arc]! < least) {
      throw new EngineError(
        "NETWORK_INFEASIBLE",
        `arc ${arc} carries at least ${least}, at most ${upper[arc]}`,
      );
    }
  }
  if (balance !== 0) {
    throw new EngineError("NETWORK_INFEASIBLE", `supplies sum to ${balance}, not to 0`);
  }
}

/** @throws EngineError COLUMN_LENGTHS_DIFFER, NETWORK_INVALID */
export function refuseInvalidStart(network: Network, { potentials, flow }: FlowStart): void {
  if (
    potentials.length !== network.supplies.length ||
    (flow ?? network.tails).length !== network.tails.length
  ) {
    throw new EngineError("COLUMN_LENGTHS_DIFFER", "the start is of another network");
  }
  for (let node = 0; node < potentials.length; node++) {
    if (!Number.isSafeInteger(potentials[node])) refuse(`potential of node ${node} is ${potentials[node]}`);
  }
  for (let arc = 0; flow !== undefined && arc < flow.length; arc++) {
    if (!Number.isSafeInteger(flow[arc])) refuse(`flow of arc ${arc} is ${flow[arc]}`);
  }
}

function isPosition(node: number, nodes: number): boolean {
  return Number.isInteger(node) && node >= 0 && node < nodes;
}

function refuse(what: string): never {
  throw new EngineError("NETWORK_INVALID", what);
}
