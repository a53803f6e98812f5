import { NO_EDGE } from "../optimal/market.ts";
import type { GrowingMarket } from "./growing-market.ts";
import type { GrowingSide } from "./growing-side.ts";
import { FIRST, FREE, MATE, type Mates, SEVERAL, STOP, WEIGHT } from "./mates.ts";
import { CACHE_LINE } from "./rows.ts";

/** Rows that are called into the cache together before their nodes bid: waiting for memory once, not for each. */
const TOGETHER = 8;

/**
 * Closes open units of one side by bidding from wherever prices stand: the forward auction for demands, the reverse one for
 * supplies (Bertsekas, Castanon and Tsaknakis 1993). Every edge stays within epsilon of complementary slackness.
 *
 * Only nodes of a single unit bid and are bid for; the others stay open.
 */
export class Bidding {
  readonly #near: GrowingSide;
  readonly #far: GrowingSide;
  readonly #mates: Mates;
  readonly #farMates: Mates;
  /** Of no meaning; that it is written keeps reads that only fill the cache from being optimised away. */
  called = 0;
  /** Times a node looked at its edges: the work done. */
  scans = 0;

  constructor({ demand, demandMates, supply, supplyMates }: GrowingMarket, near: GrowingSide) {
    const asking = near === demand;
    this.#near = near;
    this.#far = asking ? supply : demand;
    this.#mates = asking ? demandMates : supplyMates;
    this.#farMates = asking ? supplyMates : demandMates;
  }

  /** Answers which of the nodes are open, each once. */
  begin(nodes: readonly number[]): number[] {
    this.#mates.resize();
    return this.open([...new Set(nodes)]);
  }

  open(nodes: readonly number[]): number[] {
    return nodes.filter((node) => this.#isOpen(node));
  }

  /** What open units of these nodes add to the gap: their prices. */
  priceOf(nodes: readonly number[]): number {
    const { price, capacity, heldCount, room } = this.#near;
    let sum = 0;
    for (const node of nodes)
      sum += price[node]! * (room[node] === 1 ? 1 : capacity[node]! - heldCount[node]!);
    return sum;
  }

  /** Bids for these nodes and whoever they put out, so many times at most. Answers the nodes that are still open. */
  close(nodes: readonly number[], epsilon: number, scansMax: number): number[] {
    const queue = this.open(nodes);
    const stillOpen: number[] = [];
    let left = scansMax;
    for (let head = 0; head < queue.length; head++) {
      const node = queue[head]!;
      if (left === 0 || this.#mates.records[this.#mates.at(node) + MATE] === SEVERAL) {
        stillOpen.push(node);
        continue;
      }
      if (head % TOGETHER === 0) this.#call(queue, head);
      left--;
      const out = this.#bid(node, epsilon);
      if (out >= 0) {
        if (this.#near.price[out]! > 0) queue.push(out);
      } else if (this.#isOpen(node)) stillOpen.push(node);
    }
    this.scans += scansMax - left;
    return stillOpen;
  }

  #isOpen(node: number): boolean {
    const { price, heldCount, room } = this.#near;
    if (!(price[node]! > 0)) return false;
    const mate = this.#mates.records[this.#mates.at(node) + MATE]!;
    return mate === FREE || (mate === SEVERAL && heldCount[node]! < room[node]!);
  }

  #call(queue: readonly number[], head: number): void {
    const { lines } = this.#near;
    const mates = this.#mates;
    const stop = Math.min(queue.length, head + TOGETHER);
    let sum = 0;
    for (let at = head; at < stop; at++) {
      const first = mates.records[mates.at(queue[at]!) + FIRST]!;
      sum += lines[first]! ^ lines[first + CACHE_LINE]!;
    }
    this.called = sum;
  }

  /** Answers the node put out, or -1. */
  #bid(node: number, epsilon: number): number {
    const { price, lines, adjacent } = this.#near;
    const farPrice = this.#far.price;
    const mates = this.#mates;
    const nodeAt = mates.at(node);
    const stop = mates.records[nodeAt + STOP]!;
    let best = 0;
    let second = 0;
    let at = -1;
    // The node holds nothing: it has one unit, and that is open. Weights fall along the row.
    for (let line = mates.records[nodeAt + FIRST]!; line < stop; line += 2) {
      const weight = lines[line + 1]!;
      if (weight <= second) break;
      const profit = weight - farPrice[lines[line]!]!;
      if (profit <= second) continue;
      if (profit > best) {
        second = best;
        best = profit;
        at = line;
      } else second = profit;
    }
    price[node] = best;
    if (at < 0) return -1;
    const other = lines[at]!;
    const weight = lines[at + 1]!;
    const edge = adjacent[at >> 1]!;
    const farMates = this.#farMates;
    const otherAt = farMates.at(other);
    const loser = farMates.records[otherAt + MATE]!;
    if (loser === SEVERAL) return -1;
    if (loser !== FREE) {
      const loserAt = mates.at(loser);
      if (mates.records[loserAt + MATE] === SEVERAL) return -1;
      const rise = Math.min(best - second + epsilon, best);
      const raised = farPrice[other]! + rise;
      farPrice[other] = raised;
      price[node] = best - rise;
      price[loser] = Math.max(price[loser]!, mates.records[loserAt + WEIGHT]! - raised);
      mates.pair(loserAt, FREE, 0, NO_EDGE);
    }
    farMates.pair(otherAt, node, weight, edge);
    mates.pair(nodeAt, other, weight, edge);
    return loser;
  }
}
