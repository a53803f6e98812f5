import { hold, isFull, isOpen, type Market, release } from "../optimal/market.ts";
import type { GrowingSide } from "./growing-side.ts";

/**
 * Closes open units of one side by bidding from wherever prices stand: the forward auction for demands, the reverse one for
 * supplies (Bertsekas, Castanon and Tsaknakis 1993). Every edge stays within epsilon of complementary slackness.
 *
 * Only nodes of a single unit bid and are bid for; the others stay open.
 */
export class Bidding {
  readonly #market: Market;
  readonly #near: GrowingSide;
  readonly #far: GrowingSide;
  /** Times a node looked at its edges: the work done. */
  scans = 0;

  constructor(market: Market, near: GrowingSide, far: GrowingSide) {
    this.#market = market;
    this.#near = near;
    this.#far = far;
  }

  /** Bids for these nodes and whoever they put out, so many times at most. Answers the nodes that are still open. */
  close(nodes: readonly number[], epsilon: number, scansMax: number): number[] {
    const queue = [...nodes];
    const open: number[] = [];
    const stop = this.scans + scansMax;
    for (let head = 0; head < queue.length; head++) {
      const node = queue[head]!;
      if (!isOpen(this.#near, node)) continue;
      if (this.scans >= stop || this.#near.room[node]! > 1) {
        open.push(node);
        continue;
      }
      const out = this.#bid(node, epsilon);
      if (out >= 0) queue.push(out);
      else if (isOpen(this.#near, node)) open.push(node);
    }
    return open;
  }

  /** Answers the node put out, or -1. */
  #bid(node: number, epsilon: number): number {
    const { start, end, price, lines, adjacent } = this.#near;
    const farPrice = this.#far.price;
    const stop = end[node]!;
    let best = 0;
    let second = 0;
    let at = -1;
    this.scans++;
    // The node holds nothing: it has one unit, and that is open.
    for (let position = start[node]!; position < stop; position++) {
      const profit = lines[2 * position + 1]! - farPrice[lines[2 * position]!]!;
      if (profit <= second) continue;
      if (profit > best) {
        second = best;
        best = profit;
        at = position;
      } else second = profit;
    }
    price[node] = best;
    if (at < 0) return -1;
    const chosen = adjacent[at]!;
    const other = lines[2 * at]!;
    if (!isFull(this.#far, other)) {
      hold(this.#market, chosen);
      return -1;
    }
    const lost = this.#far.slots[this.#far.slotStart[other]!]!;
    const loser = this.#near.nodeOf[lost]!;
    if (this.#far.room[other] !== 1 || this.#near.room[loser] !== 1) return -1;
    release(this.#market, lost);
    hold(this.#market, chosen);
    const rise = Math.min(best - second + epsilon, best);
    farPrice[other]! += rise;
    price[node] = best - rise;
    price[loser] = Math.max(price[loser]!, this.#market.weights[lost]! - farPrice[other]!);
    return loser;
  }
}
