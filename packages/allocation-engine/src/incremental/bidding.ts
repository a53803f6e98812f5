import { edgeAt, hold, isFull, isOpen, type Market, NO_EDGE, release, type Side } from "../optimal/market.ts";

/**
 * Closes open units of one side by bidding from wherever prices stand: the forward auction for demands, the reverse one for
 * supplies (Bertsekas, Castanon and Tsaknakis 1993). Every edge stays within epsilon of complementary slackness.
 *
 * Only nodes of a single unit bid and are bid for; the others stay open.
 */
export class Bidding {
  readonly #market: Market;
  readonly #near: Side;
  readonly #far: Side;
  /** Times a node looked at its edges: the work done. */
  scans = 0;

  constructor(market: Market, near: Side, far: Side) {
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
    const { weights, held } = this.#market;
    const { start, end, price } = this.#near;
    const { nodeOf, price: farPrice } = this.#far;
    let best = 0;
    let second = 0;
    let chosen = NO_EDGE;
    this.scans++;
    for (let at = start[node]!; at < end[node]!; at++) {
      const edge = edgeAt(this.#near, at);
      const profit = weights[edge]! - farPrice[nodeOf[edge]!]!;
      if (profit <= second || held[edge] === 1 || weights[edge]! <= 0) continue;
      if (profit > best) {
        second = best;
        best = profit;
        chosen = edge;
      } else second = profit;
    }
    price[node] = best;
    if (chosen === NO_EDGE) return -1;
    const other = nodeOf[chosen]!;
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
    price[loser] = Math.max(price[loser]!, weights[lost]! - farPrice[other]!);
    return loser;
  }
}
