import { DistanceHeap } from "../optimal/distance-heap.ts";
import type { Market } from "../optimal/market.ts";
import type { GrowingSide } from "./growing-side.ts";

/**
 * Shortest alternating paths from some nodes of side `near`: over an edge that is not held to a node of side `far`, and on over each edge that
 * this one holds. An edge is as long as the prices of its ends differ from its weight; where slackness is off by up to epsilon, that is
 * no distance. Nodes are settled nearest first, of equally near ones the lower position.
 */
export class SearchTree {
  /** By node of `near` and of `far`: the shortest way found, infinite where none was. */
  distance = new Float64Array();
  farDistance = new Float64Array();
  /** By node of `near`: the edge over which its mate was reached, and the edge between the two. */
  taken = new Int32Array();
  given = new Int32Array();
  /** By node of `far`: the edge over which it was reached. */
  reachedBy = new Int32Array();
  /** Nodes with a distance, each once. */
  readonly labelled: number[] = [];
  readonly farLabelled: number[] = [];
  /** Nodes whose distances changed last. */
  readonly news: number[] = [];
  readonly farNews: number[] = [];
  /** Nodes whose edges were looked at, over all searches: the work done. */
  scans = 0;
  readonly #market: Market;
  readonly #near: GrowingSide;
  readonly #far: GrowingSide;
  readonly #heap = new DistanceHeap();

  constructor(market: Market, near: GrowingSide, far: GrowingSide) {
    this.#market = market;
    this.#near = near;
    this.#far = far;
  }

  /** To be called before searching when nodes may have been added. */
  resize(): void {
    const { length } = this.#near.price;
    const { length: farLength } = this.#far.price;
    if (this.distance.length < length) {
      this.distance = new Float64Array(length).fill(Number.POSITIVE_INFINITY);
      this.taken = new Int32Array(length);
      this.given = new Int32Array(length);
    }
    if (this.farDistance.length < farLength) {
      this.farDistance = new Float64Array(farLength).fill(Number.POSITIVE_INFINITY);
      this.reachedBy = new Int32Array(farLength);
    }
  }

  /** Every way shorter than this is found. */
  get radius(): number {
    return this.#heap.size === 0 ? Number.POSITIVE_INFINITY : this.#heap.leastDistance();
  }

  /** Settles the nearest node; ways as long as `limit` are not looked for. */
  step(limit: number): void {
    this.news.length = 0;
    this.farNews.length = 0;
    const distance = this.#heap.leastDistance();
    const node = this.#heap.pop();
    if (distance === this.distance[node]) this.#scan(node, distance, limit);
  }

  /** A way to a node of `near`. */
  label(node: number, distance: number, taken: number, given: number): void {
    if (this.distance[node] === Number.POSITIVE_INFINITY) this.labelled.push(node);
    this.distance[node] = distance;
    this.taken[node] = taken;
    this.given[node] = given;
    this.news.push(node);
    this.#heap.push(distance, node);
  }

  /** A way to a node of `far`, shorter than any before. */
  reach(node: number, reached: number, edge: number, limit: number): void {
    if (this.farDistance[node] === Number.POSITIVE_INFINITY) this.farLabelled.push(node);
    this.farDistance[node] = reached;
    this.reachedBy[node] = edge;
    this.farNews.push(node);
    const { slots, slotStart, heldCount, price } = this.#far;
    const first = slotStart[node]!;
    const last = first + heldCount[node]!;
    for (let slot = first; slot < last; slot++) {
      const given = slots[slot]!;
      const holder = this.#near.nodeOf[given]!;
      const slack = this.#market.weights[given]! - this.#near.price[holder]! - price[node]!;
      const distance = reached + Math.max(0, slack);
      if (distance < limit && distance < this.distance[holder]!) this.label(holder, distance, edge, given);
    }
  }

  /** Forgets all ways. */
  clear(): void {
    for (const node of this.labelled) this.distance[node] = Number.POSITIVE_INFINITY;
    for (const node of this.farLabelled) this.farDistance[node] = Number.POSITIVE_INFINITY;
    this.labelled.length = 0;
    this.farLabelled.length = 0;
    this.#heap.clear();
  }

  #scan(node: number, distance: number, limit: number): void {
    const { held } = this.#market;
    const { start, end, lines, adjacent, price } = this.#near;
    const farPrice = this.#far.price;
    const farDistance = this.farDistance;
    const base = distance + price[node]!;
    const stop = end[node]!;
    this.scans++;
    for (let at = start[node]!; at < stop; at++) {
      const weight = lines[2 * at + 1]!;
      // Weights fall along the row, and no price is below 0.
      if (weight <= 0 || base - weight >= limit) break;
      const other = lines[2 * at]!;
      const reached = Math.max(distance, base + farPrice[other]! - weight);
      if (reached >= limit || reached >= farDistance[other]!) continue;
      const edge = adjacent[at]!;
      if (held[edge] === 0) this.reach(other, reached, edge, limit);
    }
  }
}
