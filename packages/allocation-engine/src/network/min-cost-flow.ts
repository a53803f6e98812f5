import { EngineError } from "../engine-error.ts";
import { exactPotentials } from "./exact-potentials.ts";
import {
  type Flow,
  type FlowStart,
  type Network,
  refuseInvalidNetwork,
  refuseInvalidStart,
} from "./network.ts";
import { type Prepared, prepare } from "./prepare.ts";
import { Buckets } from "./price-update.ts";
import { type Effort, type Refining, refine, refiningOf } from "./refine.ts";

/** By how much eps shrinks from phase to phase. */
const SCALE = 16;

/** How many times every arc is looked at in search of a proof before the next phase goes on. */
const PROOF_EFFORT = 4;

/**
 * A flow of least cost that meets every supply and demand, exactly, with potentials that prove it. Cost scaling by push and
 * relabel with global price updates and look-ahead.
 *
 * A. V. Goldberg, "An Efficient Implementation of a Scaling Minimum-Cost Flow Algorithm", J. Algorithms 22 (1997);
 * A. V. Goldberg, R. E. Tarjan, "Finding Minimum-Cost Circulations by Successive Approximation", Math. of OR 15 (1990).
 * Time: O(nodes² · arcs · log(nodes · largest cost)) at worst, near linear in practice.
 *
 * @param options `start`: potentials and flow of an earlier run; only the time changes, not the cost
 * @throws EngineError COLUMN_LENGTHS_DIFFER, NETWORK_INVALID, NETWORK_INFEASIBLE, NETWORK_UNBOUNDED (a cycle of negative
 *   cost without a bound), NETWORK_OVERFLOW (costs, sums or prices leave the integers that a double holds)
 */
export function minCostFlow(network: Network, options: { readonly start?: FlowStart } = {}): Flow {
  refuseInvalidNetwork(network);
  if (options.start !== undefined) refuseInvalidStart(network, options.start);
  const prepared = prepare(network, options.start);
  const { residual } = prepared;
  const refining = refiningOf(residual, new Buckets(residual.nodes, SCALE * residual.nodes + 2));
  const potentials = scaleDown(refining, prepared.eps);
  return flowOf(network, prepared, potentials, refining.effort);
}

/**
 * Phases of smaller and smaller eps until the flow is proven. At an eps of 1 it is cheapest for certain; it nearly always is
 * some phases before, and looking for the proof costs less than a phase.
 */
function scaleDown(refining: Refining, epsFirst: number): Float64Array {
  const { residual } = refining;
  const scale = residual.nodes + 1;
  const scans = PROOF_EFFORT * residual.head.length + PROOF_EFFORT * residual.nodes;
  for (let eps = epsFirst; ; ) {
    eps = Math.max(1, Math.floor(eps / SCALE));
    refine(refining, eps);
    if (eps > 1 && eps >= scale) continue;
    const proof = exactPotentials(residual, scale, eps === 1 ? Number.POSITIVE_INFINITY : scans);
    if (proof !== undefined) return proof;
  }
}

function flowOf(
  network: Network,
  { residual, places }: Prepared,
  potentials: Float64Array,
  effort: Effort,
): Flow {
  const { upper, lower, costs } = network;
  const flow = new Float64Array(places.length);
  let cost = 0;
  for (let arc = 0; arc < places.length; arc++) {
    const least = lower?.[arc] ?? 0;
    const place = places[arc]!;
    // An arc from a node to itself carries all it may if that pays, else as little as it may.
    flow[arc] =
      place >= 0 ? least + residual.room[residual.twin[place]!]! : costs[arc]! < 0 ? upper[arc]! : least;
    cost += flow[arc]! * costs[arc]!;
    if (!(Math.abs(cost) <= Number.MAX_SAFE_INTEGER)) {
      throw new EngineError("NETWORK_OVERFLOW", "the cost is more than a double counts exactly");
    }
  }
  return { flow, potentials, cost, work: { ...effort } };
}
