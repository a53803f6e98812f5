import { BidHeaps, NOBODY_OUT } from "./bid-heaps.ts";
import { Candidates, ENTRY, worthBidding } from "./candidates.ts";
import type { Side } from "./market.ts";

/** Values in the auction, that is weights times the scale, stay below this, so that sums fit an integer of 32 bits. */
export const VALUE_MAX = 0x1fffffff;

/** Price of what nobody can have: above every value. */
export const UNAVAILABLE = 0x3fffffff;

/** For how many units at most a bidder bids in one look. */
export const UNITS_PER_LOOK = 16;

/** An auction that can be run; positions are those among the bidders' edges. */
export interface AuctionRun {
  /** By object. */
  readonly prices: Int32Array;
  /** How often a bidder looked for something better: the work done. */
  readonly looks: number;
  /**
   * Bids until nobody has an open unit and something above 0 to bid for, or so many looks were taken. Answers whether it is
   * done; it may go on with another epsilon.
   */
  run(epsilon: number, looksMax: number): boolean;
  forEachHeld(visit: (position: number) => void): void;
}

/**
 * Forward auction, Gauss-Seidel (Bertsekas 1988; with capacities Bertsekas and Castanon 1989): one bidder after the other bids
 * for its best objects up to where the next best would do as well, plus epsilon, and whoever is outbid bids again. An object
 * of capacity k is one node with its k best bids, so that units of the same thing do not bid against each other.
 *
 * Kept throughout: every edge a bidder holds is within epsilon of the best it does not hold, at the objects' prices. Prices
 * start at 0 and only what is full has a higher one, so the prices are dual feasible at the end without repair.
 */
export class Auction implements AuctionRun {
  readonly prices: Int32Array;
  looks = 0;
  readonly #bids: BidHeaps;
  readonly #bidders: Side;
  readonly #candidates: Candidates;
  /** By position among the bidders' edges: 1 while held. */
  readonly #marks: Uint8Array;
  readonly #heldCount: Int32Array;
  /** Bidders that may have an open unit, a ring; each is in it at most once. */
  readonly #queue: Int32Array;
  readonly #queued: Uint8Array;
  #head = 0;
  #waiting = 0;
  readonly #profits = new Int32Array(UNITS_PER_LOOK + 1);
  readonly #chosen = new Int32Array(UNITS_PER_LOOK + 1);

  /** @param scale what weights are multiplied with; below 1 for very large ones */
  constructor(bidders: Side, objects: Side, weights: Int32Array, scale: number) {
    this.#bidders = bidders;
    this.#bids = new BidHeaps(objects);
    this.prices = this.#bids.prices;
    this.#candidates = new Candidates(bidders, objects, weights, scale);
    this.#marks = new Uint8Array(weights.length);
    this.#heldCount = new Int32Array(bidders.count);
    this.#queue = new Int32Array(bidders.count);
    this.#queued = new Uint8Array(bidders.count);
    for (let object = 0; object < objects.count; object++) {
      if (objects.room[object] === 0) this.prices[object] = UNAVAILABLE;
    }
    for (let bidder = 0; bidder < bidders.count; bidder++) this.#enqueue(bidder);
  }

  run(epsilon: number, looksMax: number): boolean {
    const { room } = this.#bidders;
    const stop = this.looks + looksMax;
    while (this.#waiting > 0 && this.looks < stop) {
      const bidder = this.#queue[this.#head]!;
      this.#head = this.#head + 1 === this.#queue.length ? 0 : this.#head + 1;
      this.#waiting--;
      this.#queued[bidder] = 0;
      const open = room[bidder]! - this.#heldCount[bidder]!;
      if (open === 0) continue;
      this.looks++;
      if (this.#bid(bidder, open, epsilon)) continue;
      this.#candidates.refresh(bidder, this.prices);
      this.#bid(bidder, open, epsilon);
    }
    return this.#waiting === 0;
  }

  /** Bids on what is remembered. Answers false if nothing of it is known to be the best. */
  #bid(bidder: number, open: number, epsilon: number): boolean {
    if (this.#bidders.room[bidder] === 1) return this.#bidForOne(bidder, epsilon);
    return this.#bidForSeveral(bidder, Math.min(open, UNITS_PER_LOOK), epsilon);
  }

  #bidForOne(bidder: number, epsilon: number): boolean {
    const { entries } = this.#candidates;
    const { prices } = this;
    const first = this.#candidates.first(bidder);
    const stop = first + ENTRY * this.#candidates.size(bidder);
    const bound = this.#candidates.bound(bidder);
    let second = worthBidding(bound);
    let best = second;
    let chosen = -1;
    for (let at = first; at < stop; at += ENTRY) {
      const profit = entries[at + 1]! - prices[entries[at]!]!;
      if (profit <= second) continue;
      if (profit > best) {
        second = best;
        best = profit;
        chosen = at;
      } else second = profit;
    }
    if (chosen < 0) return false;
    this.#place(bidder, chosen, entries[chosen + 1]! - Math.max(second, bound) + epsilon);
    return true;
  }

  /** Bids for the best `units` that are not held, each up to the profit of the one after them. */
  #bidForSeveral(bidder: number, units: number, epsilon: number): boolean {
    const { entries } = this.#candidates;
    const { prices } = this;
    const bound = this.#candidates.bound(bidder);
    const profits = this.#profits.fill(worthBidding(bound));
    const chosen = this.#chosen;
    const first = this.#candidates.first(bidder);
    const stop = first + ENTRY * this.#candidates.size(bidder);
    let found = 0;
    for (let at = first; at < stop; at += ENTRY) {
      const profit = entries[at + 1]! - prices[entries[at]!]!;
      if (profit <= profits[units]! || this.#marks[entries[at + 2]!] === 1) continue;
      let rank = Math.min(found, units);
      for (; rank > 0 && profits[rank - 1]! < profit; rank--) {
        profits[rank] = profits[rank - 1]!;
        chosen[rank] = chosen[rank - 1]!;
      }
      profits[rank] = profit;
      chosen[rank] = at;
      found = Math.min(found + 1, units + 1);
    }
    const made = Math.min(found, units);
    const next = Math.max(profits[units]!, bound);
    for (let rank = 0; rank < made; rank++) {
      const at = chosen[rank]!;
      this.#place(bidder, at, entries[at + 1]! - next + epsilon);
    }
    if (made > 0) this.#enqueue(bidder);
    return made > 0;
  }

  #place(bidder: number, entry: number, bid: number): void {
    const { entries } = this.#candidates;
    const position = entries[entry + 2]!;
    const out = this.#bids.accept(entries[entry]!, position, bid);
    this.#marks[position] = 1;
    this.#heldCount[bidder]!++;
    if (out === NOBODY_OUT) return;
    const { adjacent, nodeOf } = this.#bidders;
    const loser = nodeOf[adjacent === null ? out : adjacent[out]!]!;
    this.#marks[out] = 0;
    this.#heldCount[loser]!--;
    this.#enqueue(loser);
  }

  forEachHeld(visit: (position: number) => void): void {
    this.#bids.forEach(visit);
  }

  #enqueue(bidder: number): void {
    if (this.#queued[bidder] === 1) return;
    this.#queued[bidder] = 1;
    const at = this.#head + this.#waiting++;
    this.#queue[at < this.#queue.length ? at : at - this.#queue.length] = bidder;
  }
}
