import type { Side } from "./market.ts";

/** What `accept` answers when nobody had to go. */
export const NOBODY_OUT = -1;

/**
 * The bids that objects accepted: object o keeps its room's number of highest bids, the lowest on top. Its price is the lowest bid once
 * it is full, and its reserve before.
 */
export class BidHeaps {
  readonly prices: Int32Array;
  readonly sizes: Int32Array;
  readonly #room: Int32Array;
  readonly #start: Uint32Array;
  readonly #bids: Int32Array;
  readonly #positions: Int32Array;

  constructor(objects: Side) {
    this.prices = new Int32Array(objects.count);
    this.sizes = new Int32Array(objects.count);
    this.#room = objects.room;
    this.#start = objects.slotStart;
    this.#bids = new Int32Array(objects.slots.length);
    this.#positions = new Int32Array(objects.slots.length);
  }

  /** Accepts a bid above the price. Answers the position that lost its place for it, or `NOBODY_OUT`. */
  accept(object: number, position: number, bid: number): number {
    const start = this.#start[object]!;
    const room = this.#room[object]!;
    if (room === 1) return this.#acceptOnly(object, start, position, bid);
    const size = this.sizes[object]!;
    if (size < room) {
      this.#rise(start, size, position, bid);
      this.sizes[object] = size + 1;
      if (size + 1 === room) this.prices[object] = this.#bids[start]!;
      return NOBODY_OUT;
    }
    const out = this.#positions[start]!;
    this.#sink(start, size, 0, position, bid);
    this.prices[object] = this.#bids[start]!;
    return out;
  }

  #acceptOnly(object: number, at: number, position: number, bid: number): number {
    const out = this.sizes[object] === 1 ? this.#positions[at]! : NOBODY_OUT;
    this.sizes[object] = 1;
    this.#positions[at] = position;
    this.prices[object] = bid;
    return out;
  }

  /** Calls `visit` with every position held. */
  forEach(visit: (position: number) => void): void {
    for (let object = 0; object < this.sizes.length; object++) {
      const start = this.#start[object]!;
      for (let at = start; at < start + this.sizes[object]!; at++) visit(this.#positions[at]!);
    }
  }

  #rise(start: number, size: number, position: number, bid: number): void {
    let at = size;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#bids[start + parent]! <= bid) break;
      this.#move(start + parent, start + at);
      at = parent;
    }
    this.#bids[start + at] = bid;
    this.#positions[start + at] = position;
  }

  #sink(start: number, size: number, from: number, position: number, bid: number): void {
    const bids = this.#bids;
    let at = from;
    for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && bids[start + child + 1]! < bids[start + child]!) child++;
      if (bids[start + child]! >= bid) break;
      this.#move(start + child, start + at);
      at = child;
    }
    bids[start + at] = bid;
    this.#positions[start + at] = position;
  }

  #move(from: number, to: number): void {
    this.#bids[to] = this.#bids[from]!;
    this.#positions[to] = this.#positions[from]!;
  }
}
