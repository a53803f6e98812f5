import type { Side } from "../optimal/market.ts";
import type { GrowingMarket } from "./growing-market.ts";
import type { GrowingSide } from "./growing-side.ts";

/** Instead of a mate: the node holds nothing, or it is not one of a single unit. */
export const FREE = -1;
export const SEVERAL = -2;

/** Fields of a record. */
export const MATE = 0;
export const WEIGHT = 1;
/** Where the node's lines begin and end. */
export const FIRST = 2;
export const STOP = 3;
const EDGE = 4;
/** When it was read from the side. */
const READ = 5;
const STATE = 6;
/** Half a cache line. */
const LENGTH = 8;

const LISTED = 1;
const CHANGED = 2;

/**
 * Who holds whom while single units bid: per node a record of its mate, the weight between them and where its edges stand. It is read
 * from the side when first asked for and is the truth until it is settled, that is written back. So a bid touches three records
 * instead of two dozen columns, and what bids change back and forth is written once.
 */
export class Mates {
  records = new Int32Array();
  readonly #market: GrowingMarket;
  readonly #side: GrowingSide;
  /** Records that may have to be written back. */
  readonly #listed: number[] = [];
  #readSince = 1;

  constructor(market: GrowingMarket, side: GrowingSide) {
    this.#market = market;
    this.#side = side;
  }

  /** To be called before bidding when nodes may have been added. */
  resize(): void {
    const length = LENGTH * this.#side.price.length;
    if (this.records.length >= length) return;
    const grown = new Int32Array(length);
    grown.set(this.records);
    this.records = grown;
  }

  /** Where the node's record begins. */
  at(node: number): number {
    const at = LENGTH * node;
    if (this.records[at + READ] !== this.#readSince) this.#read(node, at);
    return at;
  }

  #read(node: number, at: number): void {
    const { room, heldCount, slots, slotStart } = this.#side;
    const records = this.records;
    records[at + READ] = this.#readSince;
    this.moved(node);
    records[at + MATE] = room[node] === 1 ? FREE : SEVERAL;
    if (room[node] !== 1 || heldCount[node] === 0) return;
    const { demand, supply, weights } = this.#market;
    const edge = slots[slotStart[node]!]!;
    const far: Side = this.#side === demand ? supply : demand;
    records[at + MATE] = far.nodeOf[edge]!;
    records[at + WEIGHT] = weights[edge]!;
  }

  pair(at: number, mate: number, weight: number, edge: number): void {
    const records = this.records;
    records[at + MATE] = mate;
    records[at + WEIGHT] = weight;
    records[at + EDGE] = edge;
    if (records[at + STATE] === 0) this.#listed.push(at);
    records[at + STATE] = CHANGED;
  }

  /** To be called when the node's edges were moved or added to. */
  moved(node: number): void {
    const at = LENGTH * node;
    if (at >= this.records.length) return;
    this.records[at + FIRST] = 2 * this.#side.start[node]!;
    this.records[at + STOP] = 2 * this.#side.end[node]!;
  }

  /** To be called before the node, or what it holds, is changed by others. */
  forget(node: number): void {
    this.settle(node);
    const at = LENGTH * node;
    if (at < this.records.length) this.records[at + READ] = 0;
  }

  forgetAll(): void {
    this.#readSince++;
  }

  /** Writes back what the node holds. */
  settle(node: number): void {
    const at = LENGTH * node;
    const records = this.records;
    if (at >= records.length || records[at + STATE] !== CHANGED) return;
    records[at + STATE] = LISTED;
    const { heldCount, slots, slotStart } = this.#side;
    const { demand, held } = this.#market;
    const slot = slotStart[node]!;
    // An edge has one demand, so demands alone say which edges are held.
    if (this.#side === demand && heldCount[node] === 1) held[slots[slot]!] = 0;
    heldCount[node] = 0;
    if (records[at + MATE] === FREE) return;
    const edge = records[at + EDGE]!;
    heldCount[node] = 1;
    slots[slot] = edge;
    if (this.#side === demand) held[edge] = 1;
  }

  settleAll(): void {
    for (const at of this.#listed) {
      this.settle(at / LENGTH);
      this.records[at + STATE] = 0;
    }
    this.#listed.length = 0;
  }
}
