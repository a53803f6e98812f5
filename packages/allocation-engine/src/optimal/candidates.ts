import type { Side } from "./market.ts";

/** Edges remembered beyond the units a bidder can hold. */
const SPARE = 5;

/** A bidder that holds many units remembers no more than this. */
const REMEMBERED_MAX = 24;

/** Per bidder: how many entries, the bound, the position taken last, then the entries. */
const HEADER = 3;

/** Per entry: object, value, position. */
export const ENTRY = 3;

/** What a remembered edge must exceed to be known as a best one: it may equal the bound on the others, and brings something. */
export function worthBidding(bound: number): number {
  return bound > 0 ? bound - 1 : 0;
}

/**
 * What each bidder remembers: its few best edges and a bound on the profit of all others. Prices only rise, so the bound keeps
 * holding, and most looks read one or two cache lines instead of the whole row (the "k best" of Bertsekas' auction codes).
 * Edges held are remembered like any other: they may be lost again.
 */
export class Candidates {
  /** Entries of a bidder: `entries[first(bidder)] .. + ENTRY * size(bidder)`. */
  readonly entries: Int32Array;
  readonly #bidders: Side;
  readonly #objectOf: Uint32Array;
  readonly #weights: Int32Array;
  readonly #scale: number;
  readonly #limit: number;
  readonly #stride: number;
  readonly #values: Int32Array;
  readonly #positions: Int32Array;

  constructor(bidders: Side, objects: Side, weights: Int32Array, scale: number) {
    this.#bidders = bidders;
    this.#objectOf = objects.nodeOf;
    this.#weights = weights;
    this.#scale = scale;
    let roomMax = 1;
    for (let node = 0; node < bidders.count; node++) roomMax = Math.max(roomMax, bidders.room[node]!);
    this.#limit = Math.min(roomMax + SPARE, REMEMBERED_MAX);
    this.#stride = HEADER + ENTRY * this.#limit;
    this.entries = new Int32Array(bidders.count * this.#stride);
    this.#values = new Int32Array(this.#limit + 1);
    this.#positions = new Int32Array(this.#limit + 1);
  }

  size(bidder: number): number {
    return this.entries[bidder * this.#stride]!;
  }

  bound(bidder: number): number {
    return this.entries[bidder * this.#stride + 1]!;
  }

  first(bidder: number): number {
    return bidder * this.#stride + HEADER;
  }

  /** Notes which entry the bidder took; `taken` answers its position, whatever is remembered later. */
  take(bidder: number, entry: number): void {
    this.entries[bidder * this.#stride + 2] = this.entries[entry + 2]!;
  }

  taken(bidder: number): number {
    return this.entries[bidder * this.#stride + 2]!;
  }

  /** Reads the bidder's row anew. Edges without profit are not remembered: their bound is 0. */
  refresh(bidder: number, prices: Int32Array): void {
    const { adjacent, start, end } = this.#bidders;
    const limit = this.#limit;
    const values = this.#values.fill(0);
    const positions = this.#positions;
    const stop = end[bidder]!;
    for (let position = start[bidder]!; position < stop; position++) {
      const edge = adjacent === null ? position : adjacent[position]!;
      const weight = this.#weights[edge]!;
      // Far below 0 the scaled weight would leave 32 bits and come back as a large one.
      if (weight <= 0) continue;
      const profit = ((weight * this.#scale) | 0) - prices[this.#objectOf[edge]!]!;
      if (profit <= values[limit]!) continue;
      let rank = limit;
      for (; rank > 0 && values[rank - 1]! < profit; rank--) {
        values[rank] = values[rank - 1]!;
        positions[rank] = positions[rank - 1]!;
      }
      values[rank] = profit;
      positions[rank] = position;
    }
    this.#remember(bidder, prices);
  }

  #remember(bidder: number, prices: Int32Array): void {
    const { adjacent } = this.#bidders;
    const entries = this.entries;
    const header = bidder * this.#stride;
    let at = header + HEADER;
    let size = 0;
    for (; size < this.#limit && this.#values[size]! > 0; size++, at += ENTRY) {
      const position = this.#positions[size]!;
      const object = this.#objectOf[adjacent === null ? position : adjacent[position]!]!;
      entries[at] = object;
      entries[at + 1] = this.#values[size]! + prices[object]!;
      entries[at + 2] = position;
    }
    entries[header] = size;
    entries[header + 1] = this.#values[this.#limit]!;
  }
}
