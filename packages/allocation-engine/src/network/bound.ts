import { EngineError } from "../engine-error.ts";
import { type Network, UNBOUNDED } from "./network.ts";

const LARGEST_SUM = Number.MAX_SAFE_INTEGER / 4;

/**
 * Units above its lower bound that no arc needs to exceed in some cheapest flow: such a flow consists of paths from supplies
 * to demands and of cycles that pay, and a cycle that pays has an arc of negative cost with a bound, or else any bounded arc.
 *
 * @throws EngineError NETWORK_UNBOUNDED, NETWORK_OVERFLOW
 */
export function boundOf(network: Network): number {
  const { supplies, upper, lower, costs } = network;
  let paths = 0;
  for (let node = 0; node < supplies.length; node++) paths += Math.abs(supplies[node]!);
  let bounded = 0;
  let paying = 0;
  let freePays = false;
  let free = false;
  for (let arc = 0; arc < upper.length; arc++) {
    const least = lower?.[arc] ?? 0;
    // A lower bound is like a supply at the arc's head and a demand at its tail.
    paths += 2 * least;
    if (upper[arc] === UNBOUNDED) {
      free = true;
      freePays ||= costs[arc]! < 0;
      continue;
    }
    bounded += upper[arc]! - least;
    if (costs[arc]! < 0) paying += upper[arc]! - least;
  }
  if (paths + bounded > LARGEST_SUM) {
    throw new EngineError("NETWORK_OVERFLOW", "supplies and bounds sum to more than a double counts exactly");
  }
  if (free && freePays) refuseFreeCycle(network);
  return paths + (freePays ? bounded : paying);
}

/** Throws if arcs without a bound form a cycle of negative cost (Bellman and Ford). */
function refuseFreeCycle({ supplies, tails, heads, upper, costs }: Network): void {
  const distance = new Float64Array(supplies.length);
  for (let round = 0; round <= supplies.length; round++) {
    let changed = false;
    for (let arc = 0; arc < upper.length; arc++) {
      if (upper[arc] !== UNBOUNDED) continue;
      const found = distance[tails[arc]!]! + costs[arc]!;
      if (found >= distance[heads[arc]!]!) continue;
      distance[heads[arc]!] = found;
      changed = true;
    }
    if (!changed) return;
  }
  throw new EngineError("NETWORK_UNBOUNDED", "arcs without a bound form a cycle of negative cost");
}
