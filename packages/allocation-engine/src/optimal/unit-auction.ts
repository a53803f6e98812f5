import { type AuctionRun, UNAVAILABLE } from "./auction.ts";
import { Candidates, ENTRY, worthBidding } from "./candidates.ts";
import type { Side } from "./market.ts";

const NOBODY = -1;

/**
 * The auction where nobody holds more than one unit: same rules as `Auction`, a third of its memory traffic. Every bidder in
 * the queue holds nothing, every object has one holder at most.
 */
export class UnitAuction implements AuctionRun {
  readonly prices: Int32Array;
  looks = 0;
  readonly #candidates: Candidates;
  readonly #holders: Int32Array;
  readonly #queue: Int32Array;
  #head = 0;
  #waiting = 0;

  /** Both sides hold at most one unit a node. */
  constructor(bidders: Side, objects: Side, weights: Int32Array, scale: number) {
    this.#candidates = new Candidates(bidders, objects, weights, scale);
    this.prices = new Int32Array(objects.count);
    this.#holders = new Int32Array(objects.count).fill(NOBODY);
    this.#queue = new Int32Array(bidders.count);
    for (let object = 0; object < objects.count; object++) {
      if (objects.room[object] === 0) this.prices[object] = UNAVAILABLE;
    }
    for (let bidder = 0; bidder < bidders.count; bidder++) {
      if (bidders.room[bidder] === 1) this.#queue[this.#waiting++] = bidder;
    }
  }

  run(epsilon: number, looksMax: number): boolean {
    const candidates = this.#candidates;
    const queue = this.#queue;
    const stop = this.looks + looksMax;
    while (this.#waiting > 0 && this.looks < stop) {
      const bidder = queue[this.#head]!;
      this.#head = this.#head + 1 === queue.length ? 0 : this.#head + 1;
      this.#waiting--;
      this.looks++;
      if (this.#bid(bidder, epsilon)) continue;
      candidates.refresh(bidder, this.prices);
      this.#bid(bidder, epsilon);
    }
    return this.#waiting === 0;
  }

  #bid(bidder: number, epsilon: number): boolean {
    const { entries } = this.#candidates;
    const prices = this.prices;
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
    const object = entries[chosen]!;
    const loser = this.#holders[object]!;
    prices[object] = entries[chosen + 1]! - Math.max(second, bound) + epsilon;
    this.#holders[object] = bidder;
    this.#candidates.take(bidder, chosen);
    if (loser !== NOBODY) this.#enqueue(loser);
    return true;
  }

  #enqueue(bidder: number): void {
    const at = this.#head + this.#waiting++;
    this.#queue[at < this.#queue.length ? at : at - this.#queue.length] = bidder;
  }

  forEachHeld(visit: (position: number) => void): void {
    for (const holder of this.#holders) {
      if (holder !== NOBODY) visit(this.#candidates.taken(holder));
    }
  }
}
