import { DistanceHeap } from "./distance-heap.ts";
import { hold, isFull, type Market, NO_EDGE, release, type Side } from "./market.ts";

/**
 * Closes one violated unit by a shortest augmenting path, keeping complementary slackness exactly.
 *
 * Invariant, for every edge that may be held: price of its demand + price of its supply >= weight where it is not held, <=
 * weight where it is. The source is a node of side `near` that has an open unit and a price above 0: it takes an edge, its
 * other end (side `far`), when full, lets one of its own go, and so on, until somebody has room or gives up a unit, or
 * the source's own price is 0. Distances are reduced costs; everybody nearer than the end has its price moved by the
 * difference. Where the invariant is off by up to epsilon, that counts as no distance, and it stays off by no more.
 * (Jonker and Volgenant 1987; Ahuja, Magnanti and Orlin 1993, section 9.7.)
 */
export class PathSearch {
  readonly #market: Market;
  readonly #near: Side;
  readonly #far: Side;
  readonly #heap = new DistanceHeap();
  #distance = new Float64Array();
  #farDistance = new Float64Array();
  /** By node of `near`: the edge that pushed it out and the edge it would let go. */
  #taken = new Int32Array();
  #given = new Int32Array();
  readonly #labelled: number[] = [];
  readonly #farLabelled: number[] = [];
  #best = 0;
  /** Where the best path found so far ends: an edge to a far node with room, or a near node that gives a unit up. */
  #lastEdge = NO_EDGE;
  #quitter = NO_EDGE;
  /** Near nodes whose edges were looked at, over all searches: the work done. */
  scans = 0;

  constructor(market: Market, near: Side, far: Side) {
    this.#market = market;
    this.#near = near;
    this.#far = far;
    this.resize();
  }

  /** To be called when nodes were added to the market. */
  resize(): void {
    if (this.#distance.length < this.#near.count) {
      const room = this.#near.price.length;
      this.#distance = new Float64Array(room).fill(Number.POSITIVE_INFINITY);
      this.#taken = new Int32Array(room);
      this.#given = new Int32Array(room);
    }
    if (this.#farDistance.length < this.#far.count) {
      this.#farDistance = new Float64Array(this.#far.price.length).fill(Number.POSITIVE_INFINITY);
    }
  }

  /** Fills one open unit of the source, or brings its price to 0. */
  close(source: number): void {
    this.#best = this.#near.price[source]!;
    this.#lastEdge = NO_EDGE;
    this.#quitter = source;
    this.#heap.clear();
    this.#label(source, 0, NO_EDGE, NO_EDGE);
    while (this.#heap.size > 0 && this.#heap.leastDistance() < this.#best) {
      const distance = this.#heap.leastDistance();
      const node = this.#heap.pop();
      if (distance === this.#distance[node]) this.#scan(node, distance);
    }
    this.#movePrices();
    this.#augment(source);
    this.#forget();
  }

  #scan(node: number, distance: number): void {
    const { weights, held } = this.#market;
    const { start, end, adjacent, price } = this.#near;
    const { nodeOf, price: farPrice } = this.#far;
    const farDistance = this.#farDistance;
    const base = distance + price[node]!;
    const stop = end[node]!;
    this.scans++;
    for (let at = start[node]!; at < stop; at++) {
      const edge = adjacent === null ? at : adjacent[at]!;
      const other = nodeOf[edge]!;
      const weight = weights[edge]!;
      const reached = Math.max(distance, base + farPrice[other]! - weight);
      if (reached >= this.#best || reached >= farDistance[other]! || weight <= 0 || held[edge] === 1)
        continue;
      this.#reach(other, reached, edge);
    }
  }

  /** A far node is reached over an edge it does not hold: it has room, or each edge it holds is one it could let go. */
  #reach(node: number, reached: number, edge: number): void {
    const { slots, slotStart, heldCount, price } = this.#far;
    if (this.#farDistance[node] === Number.POSITIVE_INFINITY) this.#farLabelled.push(node);
    this.#farDistance[node] = reached;
    if (!isFull(this.#far, node)) {
      this.#best = reached;
      this.#lastEdge = edge;
      this.#quitter = NO_EDGE;
      return;
    }
    const first = slotStart[node]!;
    const last = first + heldCount[node]!;
    for (let slot = first; slot < last; slot++) {
      const given = slots[slot]!;
      const holder = this.#near.nodeOf[given]!;
      const holderPrice = this.#near.price[holder]!;
      const slack = this.#market.weights[given]! - holderPrice - price[node]!;
      const distance = reached + Math.max(0, slack);
      if (distance >= this.#best || distance >= this.#distance[holder]!) continue;
      this.#label(holder, distance, edge, given);
      if (distance + holderPrice >= this.#best) continue;
      this.#best = distance + holderPrice;
      this.#lastEdge = NO_EDGE;
      this.#quitter = holder;
    }
  }

  #label(node: number, distance: number, taken: number, given: number): void {
    if (this.#distance[node] === Number.POSITIVE_INFINITY) this.#labelled.push(node);
    this.#distance[node] = distance;
    this.#taken[node] = taken;
    this.#given[node] = given;
    this.#heap.push(distance, node);
  }

  #movePrices(): void {
    for (const node of this.#labelled) {
      const ahead = this.#best - this.#distance[node]!;
      if (ahead > 0) this.#near.price[node]! -= ahead;
    }
    for (const node of this.#farLabelled) {
      const ahead = this.#best - this.#farDistance[node]!;
      if (ahead > 0) this.#far.price[node]! += ahead;
    }
  }

  /** Walks back from the end of the best path: each node on it lets one edge go and takes the next. */
  #augment(source: number): void {
    const { nodeOf } = this.#near;
    let next = this.#lastEdge;
    let node = next === NO_EDGE ? this.#quitter : nodeOf[next]!;
    while (node !== source) {
      release(this.#market, this.#given[node]!);
      if (next !== NO_EDGE) hold(this.#market, next);
      next = this.#taken[node]!;
      node = nodeOf[next]!;
    }
    if (next !== NO_EDGE) hold(this.#market, next);
  }

  #forget(): void {
    for (const node of this.#labelled) this.#distance[node] = Number.POSITIVE_INFINITY;
    for (const node of this.#farLabelled) this.#farDistance[node] = Number.POSITIVE_INFINITY;
    this.#labelled.length = 0;
    this.#farLabelled.length = 0;
  }
}
