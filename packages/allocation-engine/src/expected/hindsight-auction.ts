import { Ring } from "../ring.ts";
import { NONE, SupplySlots } from "./supply-slots.ts";
import type { World } from "./world.ts";

/** Pairs a row remembers as its best, so that most bids need not read the whole row. */
const remembered = 12;
/**
 * An opening's gain lies between what its demand would fall back on at the last prices, and what it had to win when it last bid. How
 * far from the first to the second is taken: the first alone overlooks that a pair may need both its sides at once.
 */
const towardsLastBid = 0.3;

/**
 * The best assignment of a sampled world, nearly: rows bid for supplies, each as high as its next best choice makes it, until nobody
 * wants to bid (D. P. Bertsekas, "Auction algorithms for network flow problems", Comput. Optim. Appl. 1 (1992)). Each pair is within
 * one price step of the optimum. Prices start at 0, so what nobody wants costs nothing. Buffers are kept between worlds.
 */
export class HindsightAuction {
  /** Per supply: what it costs, in scores; 0 while it has room. */
  readonly price: Float64Array;
  /** Per row: what one opening more would add, in scores. */
  readonly gain: Float64Array;
  readonly #slots: SupplySlots;
  /** 1 for a pair that is held; where supplies are units the slot tells the same. */
  readonly #heldPair: Uint8Array;
  /** Per held pair: what it was worth to its row when the row bid. */
  readonly #bidValue: Float32Array;
  readonly #held: Int32Array;
  readonly #best: Int32Array;
  readonly #bestCount: Int32Array;
  /** Pairs that are not remembered are worth at most this. */
  readonly #bestFloor: Float64Array;
  /** Rows that want to bid, first come first served. */
  readonly #queue: Ring;
  #world!: World;
  #step = 0;

  /** @param slots units of every supply, at most its number of pairs; 1 or more where a world has pairs of it */
  constructor(rowsMax: number, pairsMax: number, slots: Int32Array) {
    this.#slots = new SupplySlots(slots);
    this.price = this.#slots.price;
    this.gain = new Float64Array(rowsMax);
    this.#heldPair = new Uint8Array(pairsMax);
    this.#bidValue = new Float32Array(pairsMax);
    this.#held = new Int32Array(rowsMax);
    this.#best = new Int32Array(rowsMax * remembered);
    this.#bestCount = new Int32Array(rowsMax);
    this.#bestFloor = new Float64Array(rowsMax);
    this.#queue = new Ring(rowsMax);
  }

  /** Whether a pair of the last world was chosen. */
  chose(pair: number): boolean {
    return this.#heldPair[pair] === 1;
  }

  solve(world: World, step: number): void {
    this.#world = world;
    this.#step = step;
    this.#slots.clear();
    this.#heldPair.fill(0, 0, world.offsets[world.rows]);
    this.#held.fill(0);
    this.#bestCount.fill(0);
    this.#bestFloor.fill(Number.POSITIVE_INFINITY);
    for (let row = 0; row < world.rows; row++) {
      if (world.capacity[row]! > 0 && world.offsets[row + 1]! > world.offsets[row]!) this.#queue.add(row);
    }
    while (this.#queue.size > 0) this.#bid(this.#queue.take());
    for (let row = 0; row < world.rows; row++) this.gain[row] = this.#gainOf(row);
  }

  #bid(row: number): void {
    const missing = this.#world.capacity[row]! - this.#held[row]!;
    if (missing <= 0) return;
    let found = this.#topOf(row, missing + 1);
    if (found <= missing && this.#bestFloor[row]! > 0) {
      this.#remember(row);
      found = this.#topOf(row, missing + 1);
    }
    const floor = Math.max(0, found > missing ? topValues[missing]! : this.#bestFloor[row]!);
    const bids = Math.min(found, missing);
    for (let at = 0; at < bids; at++) {
      // What is not remembered may be better than this: it is read again at the next turn.
      if (topValues[at]! < floor) break;
      this.#bidValue[topPairs[at]!] = topValues[at]!;
      this.#give(row, topPairs[at]!, topValues[at]! - floor + this.#step);
    }
    if (bids > 0 && this.#held[row]! < this.#world.capacity[row]!) this.#queue.add(row);
  }

  /** The best of the remembered pairs that are not held and known to be the best of the row, at most `count`. */
  #topOf(row: number, count: number): number {
    const { supplies, weights } = this.#world;
    const limit = Math.min(count, topValues.length);
    const floor = this.#bestFloor[row]!;
    const start = row * remembered;
    let found = 0;
    for (let at = start; at < start + this.#bestCount[row]!; at++) {
      const pair = this.#best[at]!;
      if (this.#heldPair[pair] === 1) continue;
      const value = weights[pair]! - this.price[supplies[pair]!]!;
      if (value <= 0 || value < floor) continue;
      if (found === limit && value <= topValues[limit - 1]!) continue;
      let to = found < limit ? found++ : limit - 1;
      for (; to > 0 && topValues[to - 1]! < value; to--) {
        topValues[to] = topValues[to - 1]!;
        topPairs[to] = topPairs[to - 1]!;
      }
      topValues[to] = value;
      topPairs[to] = pair;
    }
    return found;
  }

  /** Reads the whole row and keeps its best pairs that are not held. */
  #remember(row: number): void {
    const { offsets, supplies, weights } = this.#world;
    const start = row * remembered;
    let count = 0;
    let floor = 0;
    for (let pair = offsets[row]!; pair < offsets[row + 1]!; pair++) {
      if (this.#heldPair[pair] === 1) continue;
      const value = weights[pair]! - this.price[supplies[pair]!]!;
      if (value <= floor) continue;
      let to: number;
      if (count < remembered) to = count++;
      else {
        to = remembered - 1;
        if (value <= rowValues[to]!) {
          floor = value;
          continue;
        }
        floor = rowValues[to]!;
      }
      for (; to > 0 && rowValues[to - 1]! < value; to--) {
        rowValues[to] = rowValues[to - 1]!;
        this.#best[start + to] = this.#best[start + to - 1]!;
      }
      rowValues[to] = value;
      this.#best[start + to] = pair;
    }
    this.#bestCount[row] = count;
    this.#bestFloor[row] = floor;
  }

  #give(row: number, pair: number, raise: number): void {
    const slots = this.#slots;
    const loser = slots.give(this.#world.supplies[pair]!, pair, row, raise);
    this.#heldPair[pair] = 1;
    this.#held[row]!++;
    if (loser !== NONE) this.#release(loser, slots.loserRow);
  }

  #release(pair: number, row: number): void {
    this.#heldPair[pair] = 0;
    this.#held[row]!--;
    // Held pairs are not remembered: now this may be better than what is.
    const value = this.#world.weights[pair]! - this.price[this.#world.supplies[pair]!]!;
    if (value > this.#bestFloor[row]!) this.#bestFloor[row] = value;
    this.#queue.add(row);
  }

  #gainOf(row: number): number {
    const { offsets, supplies, weights, capacity } = this.#world;
    if (this.#held[row]! < capacity[row]!) return 0;
    let best = 0;
    let lastBid = Number.POSITIVE_INFINITY;
    for (let pair = offsets[row]!; pair < offsets[row + 1]!; pair++) {
      if (this.#heldPair[pair] === 1) {
        lastBid = Math.min(lastBid, this.#bidValue[pair]!);
        continue;
      }
      const value = weights[pair]! - this.price[supplies[pair]!]!;
      if (value > best) best = value;
    }
    if (lastBid === Number.POSITIVE_INFINITY) return best;
    return best + towardsLastBid * Math.max(0, lastBid - best);
  }
}

const topValues = new Float64Array(remembered);
const topPairs = new Int32Array(remembered);
const rowValues = new Float64Array(remembered);
