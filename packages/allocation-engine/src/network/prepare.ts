import { EngineError } from "../engine-error.ts";
import { boundOf } from "./bound.ts";
import type { FlowStart, Network } from "./network.ts";
import { type Residual, type ResidualArcs, residualOf } from "./residual.ts";

/** A network made ready for cost scaling: costs times (nodes + 1), so that an eps of 1 is exact. */
export interface Prepared {
  readonly residual: Residual;
  /** Per arc of the network: its place in the residual graph, or -1 for an arc from a node to itself. */
  readonly places: Int32Array;
  /** The prices are right to within this. */
  readonly eps: number;
}

/** Costs and sums of a few of them stay far below 2^53 in every phase. */
const LARGEST_COST = 2 ** 48;

/** @throws EngineError NETWORK_UNBOUNDED, NETWORK_OVERFLOW */
export function prepare(network: Network, start: FlowStart | undefined): Prepared {
  const nodes = network.supplies.length;
  const scale = nodes + 1;
  const largest = largestCost(network);
  if (largest * scale > LARGEST_COST) {
    throw new EngineError(
      "NETWORK_OVERFLOW",
      `costs up to ${largest} on ${nodes} nodes are too large to be scaled`,
    );
  }
  const kept = arcsBetweenNodes(network);
  const excess = Float64Array.from(network.supplies);
  const { residual, at } = residualOf(residualArcs(network, kept, start?.flow, excess));
  residual.excess.set(excess);
  const places = new Int32Array(network.tails.length).fill(-1);
  for (let index = 0; index < kept.length; index++) places[kept[index]!] = at[index]!;
  if (start === undefined) return { residual, places, eps: largest * scale };
  for (let node = 0; node < nodes; node++) residual.price[node] = start.potentials[node]! * scale;
  if (residual.price.some((price) => Math.abs(price) > LARGEST_COST * 4)) {
    throw new EngineError("NETWORK_OVERFLOW", "potentials of the start are too large to be scaled");
  }
  // Old prices are nearly right: the phases that would find their upper digits are left out.
  return { residual, places, eps: largest };
}

function largestCost({ costs }: Network): number {
  let largest = 1;
  for (let arc = 0; arc < costs.length; arc++) largest = Math.max(largest, Math.abs(costs[arc]!));
  return largest;
}

function arcsBetweenNodes({ tails, heads }: Network): Int32Array {
  const kept = new Int32Array(tails.length);
  let count = 0;
  for (let arc = 0; arc < tails.length; arc++) if (tails[arc] !== heads[arc]) kept[count++] = arc;
  return kept.subarray(0, count);
}

/** The arcs that are kept, with the flow they begin with, which is taken off `excess`. */
function residualArcs(
  network: Network,
  kept: Int32Array,
  flow: ArrayLike<number> | undefined,
  excess: Float64Array,
): ResidualArcs {
  const { upper, lower, costs } = network;
  const bound = boundOf(network);
  const nodes = network.supplies.length;
  const arcs = {
    nodes,
    tails: new Int32Array(kept.length),
    heads: new Int32Array(kept.length),
    costs: new Float64Array(kept.length),
    room: new Float64Array(kept.length),
    taken: new Float64Array(kept.length),
  };
  for (let index = 0; index < kept.length; index++) {
    const arc = kept[index]!;
    const tail = network.tails[arc]!;
    const head = network.heads[arc]!;
    const least = lower === undefined ? 0 : lower[arc]!;
    const most = Math.min(upper[arc]!, least + bound);
    const units = flow === undefined ? least : Math.min(most, Math.max(least, flow[arc]!));
    arcs.tails[index] = tail;
    arcs.heads[index] = head;
    arcs.costs[index] = costs[arc]! * (nodes + 1);
    arcs.room[index] = most - units;
    arcs.taken[index] = units - least;
    excess[tail]! -= units;
    excess[head]! += units;
  }
  return arcs;
}
