import { isFull, isOpen, type Market, release, type Side } from "./market.ts";
import { PathSearch } from "./path-search.ts";

/**
 * Closes every violated unit of a settled market by a shortest path: first demands that could have something better, then
 * supplies whose price nobody pays. Near the optimum (after an auction) the paths are short, because no price is off by
 * much more than the auction's epsilon.
 *
 * @returns node scans made: the work done
 */
export function makeExact(market: Market): number {
  const { demand, supply } = market;
  return closeAll(market, demand, supply) + closeAll(market, supply, demand);
}

function closeAll(market: Market, near: Side, far: Side): number {
  const search = new PathSearch(market, near, far);
  for (let node = 0; node < near.count; node++) {
    while (isOpen(near, node)) search.close(node);
  }
  return search.scans;
}

/**
 * Prices a node by the other side's prices and lets go what it holds but would not choose. Once every node of a side is settled, all edges
 * keep complementary slackness; what is left to close are open units with a price above 0.
 */
export function settle(market: Market, near: Side, far: Side, node: number): void {
  const best = bestMissed(market, near, far, node);
  let worst = Number.POSITIVE_INFINITY;
  const first = near.slotStart[node]!;
  for (let slot = first + near.heldCount[node]! - 1; slot >= first; slot--) {
    const edge = near.slots[slot]!;
    const value = market.weights[edge]! - far.price[far.nodeOf[edge]!]!;
    if (value < best) release(market, edge);
    else if (value < worst) worst = value;
  }
  // Any price between the two is right for a full node; the highest leaves the least slack for the searches to cross.
  near.price[node] = isFull(near, node) && worst < Number.POSITIVE_INFINITY ? worst : best;
}

/** The most that an edge the node does not hold would bring it, or 0. */
export function bestMissed({ weights, held }: Market, near: Side, far: Side, node: number): number {
  const { start, end, adjacent } = near;
  const stop = end[node]!;
  let best = 0;
  for (let at = start[node]!; at < stop; at++) {
    const edge = adjacent === null ? at : adjacent[at]!;
    const value = weights[edge]! - far.price[far.nodeOf[edge]!]!;
    if (value > best && held[edge] === 0) best = value;
  }
  return best;
}
