import { EngineError } from "../engine-error.ts";
import { Ring } from "../ring.ts";
import { type Buckets, priceUpdate } from "./price-update.ts";
import type { Residual } from "./residual.ts";

/** Counters of the work, added to as it is done. */
export interface Effort {
  phases: number;
  pushes: number;
  relabels: number;
  priceUpdates: number;
}

/** What the phases work with; made once for all of them. */
export interface Refining {
  readonly residual: Residual;
  readonly buckets: Buckets;
  /** Nodes with an excess, first in, first out. */
  readonly waiting: Ring;
  /** Per node: the next arc to look at. */
  readonly current: Int32Array;
  readonly effort: Effort;
}

export function refiningOf(residual: Residual, buckets: Buckets): Refining {
  const { nodes } = residual;
  return {
    residual,
    buckets,
    waiting: new Ring(nodes),
    current: new Int32Array(nodes),
    effort: { phases: 0, pushes: 0, relabels: 0, priceUpdates: 0 },
  };
}

/** Relabels per node between two global price updates, and a few more for small networks. */
const UPDATE_AFTER = 0.5;

/**
 * Turns the pseudoflow into a flow that is eps-optimal: saturates every arc of negative reduced cost, then pushes excesses
 * along admissible arcs, lowering prices where there is none. First in, first out, with a look ahead (Goldberg 1997).
 */
export function refine(refining: Refining, eps: number): void {
  const { residual, waiting, effort } = refining;
  const { nodes, excess } = residual;
  const relabelsMax = Math.ceil(nodes * UPDATE_AFTER) + 20;
  effort.phases++;
  saturate(residual);
  for (let node = 0; node < nodes; node++) if (excess[node]! > 0) waiting.add(node);
  while (waiting.size > 0) {
    update(refining, eps);
    const relabelsUntil = effort.relabels + relabelsMax;
    while (waiting.size > 0 && effort.relabels < relabelsUntil) {
      discharge(refining, waiting.take(), eps, relabelsUntil);
    }
  }
}

/** Pushes the excess of a node away until none is left or it is time to update prices. */
function discharge(refining: Refining, node: number, eps: number, relabelsUntil: number): void {
  const { residual, waiting, current, effort } = refining;
  const { first, head, twin, room, cost, price, excess } = residual;
  const end = first[node + 1]!;
  let arc = current[node]!;
  while (excess[node]! > 0) {
    if (effort.relabels >= relabelsUntil) {
      waiting.add(node);
      return;
    }
    while (arc < end && !(room[arc]! > 0 && cost[arc]! + price[node]! - price[head[arc]!]! < 0)) arc++;
    if (arc === end) {
      effort.relabels++;
      arc = relabel(residual, node, eps);
      continue;
    }
    const to = head[arc]!;
    // Look ahead: what would only come back is not pushed; the price there falls first.
    if (excess[to]! >= 0 && !hasAdmissible(residual, current, to)) {
      effort.relabels++;
      current[to] = relabel(residual, to, eps);
      continue;
    }
    const units = Math.min(excess[node]!, room[arc]!);
    effort.pushes++;
    room[arc]! -= units;
    room[twin[arc]!]! += units;
    excess[node]! -= units;
    excess[to]! += units;
    if (excess[to]! > 0) waiting.add(to);
  }
  current[node] = arc;
}

function saturate({ nodes, first, head, twin, room, cost, price, excess }: Residual): void {
  for (let node = 0; node < nodes; node++) {
    for (let arc = first[node]!; arc < first[node + 1]!; arc++) {
      const units = room[arc]!;
      if (units === 0) continue;
      const to = head[arc]!;
      if (cost[arc]! + price[node]! - price[to]! >= 0) continue;
      room[arc] = 0;
      room[twin[arc]!]! += units;
      excess[node]! -= units;
      excess[to]! += units;
    }
  }
}

/** Whether an admissible arc leaves the node; moves the node's current arc to it. */
function hasAdmissible(
  { first, room, cost, price, head }: Residual,
  current: Int32Array,
  node: number,
): boolean {
  const end = first[node + 1]!;
  for (let arc = current[node]!; arc < end; arc++) {
    if (room[arc]! > 0 && cost[arc]! + price[node]! - price[head[arc]!]! < 0) {
      current[node] = arc;
      return true;
    }
  }
  return false;
}

/**
 * Lowers the price of a node as far as eps-optimality allows. Answers its first arc: not only the best one became admissible, and
 * one that is passed over would have the node relabeled by less than eps, with units going round in a circle.
 */
function relabel(
  { nodes, first, head, room, cost, price, excess }: Residual,
  node: number,
  eps: number,
): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let arc = first[node]!; arc < first[node + 1]!; arc++) {
    if (room[arc]! > 0) best = Math.max(best, price[head[arc]!]! - cost[arc]!);
  }
  if (best === Number.NEGATIVE_INFINITY) {
    if (excess[node]! > 0) refuseInfeasible(node);
    // A dead end: out of the way.
    price[node]! -= nodes * eps;
    return first[node]!;
  }
  price[node] = best - eps;
  if (best < -LARGEST_PRICE) {
    throw new EngineError("NETWORK_OVERFLOW", `the price of node ${node} leaves the range of exact integers`);
  }
  return first[node]!;
}

/** Sums and differences of a few prices and costs below it are exact. */
const LARGEST_PRICE = 2 ** 51;

function update({ residual, buckets, current, effort }: Refining, eps: number): void {
  effort.priceUpdates++;
  // Any arc may become admissible.
  current.set(residual.first.subarray(0, residual.nodes));
  if (!priceUpdate(residual, eps, buckets)) refuseUnreachable(residual);
}

/** Throws if some excess has no way to a deficit; a way that is only long is no reason. */
function refuseUnreachable({ nodes, first, head, twin, room, excess }: Residual): void {
  const reached = new Uint8Array(nodes);
  const stack: number[] = [];
  for (let node = 0; node < nodes; node++) {
    if (excess[node]! >= 0) continue;
    reached[node] = 1;
    stack.push(node);
  }
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (let arc = first[node]!; arc < first[node + 1]!; arc++) {
      const tail = head[arc]!;
      if (reached[tail] === 1 || room[twin[arc]!]! <= 0) continue;
      reached[tail] = 1;
      stack.push(tail);
    }
  }
  const stuck = excess.findIndex((units, node) => units > 0 && reached[node] === 0);
  if (stuck >= 0) refuseInfeasible(stuck);
}

function refuseInfeasible(node: number): never {
  throw new EngineError("NETWORK_INFEASIBLE", `there is no way for what waits at node ${node}`);
}
