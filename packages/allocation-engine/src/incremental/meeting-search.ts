import { isFull, NO_EDGE } from "../optimal/market.ts";
import type { GrowingMarket } from "./growing-market.ts";
import type { GrowingSide } from "./growing-side.ts";
import { SearchTree } from "./search-tree.ts";

/** Rows that a search from the source alone may read: a look at all prices, which the other half begins with, takes as long. */
const ALONE = 400;

/** The part of the source's price up to which nodes that would give up a unit are looked for at first; then twice as far, and so on. */
const FIRST_REACH = 1 / 8;

/**
 * Closes one open unit by a shortest augmenting path, as `PathSearch` does, for markets that are solved but for a few nodes, where the next end
 * of a path is far. A search that gets long is met by one from all ends (Pohl 1971): a ball around the source that holds half of a market is
 * many times larger than two of half the radius.
 *
 * Ends are nodes of side `far` with room, at no distance, and nodes of side `near` that give up a unit, at their price. Within the source's
 * ball prices move as ever. Of the ends' ball it is everybody outside who moves, by its radius: `near` down, `far` up.
 */
export class MeetingSearch {
  readonly #market: GrowingMarket;
  readonly #near: GrowingSide;
  readonly #far: GrowingSide;
  readonly #alone: number;
  /** From the source, and from the ends; the latter reaches nodes of `near`. */
  readonly #forward: SearchTree;
  readonly #backward: SearchTree;
  /** Length of the best path found so far. */
  #best = 0;
  /** The node of `near` where it leaves the source's ball; a last edge to a far node with room, if that is how it ends. */
  #meeting = 0;
  #lastEdge = NO_EDGE;

  /** @param alone rows that the search from the source may read before it is met */
  constructor(market: GrowingMarket, near: GrowingSide, far: GrowingSide, alone: number = ALONE) {
    this.#market = market;
    this.#near = near;
    this.#far = far;
    this.#alone = alone;
    this.#forward = new SearchTree(market, near, far);
    this.#backward = new SearchTree(market, far, near);
    this.resize();
  }

  /** Rows read over all searches: the work done. */
  get scans(): number {
    return this.#forward.scans + this.#backward.scans;
  }

  /** To be called when nodes were added to the market. */
  resize(): void {
    this.#forward.resize();
    this.#backward.resize();
  }

  /** Fills one open unit of the source, or brings its price to 0. */
  close(source: number): void {
    const forward = this.#forward;
    this.#best = this.#near.price[source]!;
    this.#meeting = source;
    this.#lastEdge = NO_EDGE;
    forward.label(source, 0, NO_EDGE, NO_EDGE);
    const patience = forward.scans + this.#alone;
    while (forward.radius < this.#best && forward.scans < patience) this.#ask();
    const radius = forward.radius < this.#best ? this.#meet() : 0;
    this.#augment(source);
    this.#movePrices(radius);
    forward.clear();
    this.#backward.clear();
  }

  /** Both halves go on, the one that has read less, until they have met. Answers the radius around the ends. */
  #meet(): number {
    const forward = this.#forward;
    const backward = this.#backward;
    const ahead = forward.scans - backward.scans;
    const { count, room, heldCount } = this.#far;
    for (let node = 0; node < count; node++) {
      if (heldCount[node]! < room[node]!) backward.label(node, 0, NO_EDGE, NO_EDGE);
    }
    let reach = 0;
    while (forward.radius + Math.min(reach, backward.radius) < this.#best) {
      if (backward.radius >= reach) reach = this.#seekQuitters(reach);
      else if (forward.scans - backward.scans <= ahead) this.#ask();
      else this.#offer();
    }
    return this.#best - Math.min(forward.radius, this.#best);
  }

  #ask(): void {
    const forward = this.#forward;
    forward.step(this.#best);
    for (const node of forward.farNews) {
      if (!isFull(this.#far, node)) this.#found(node, forward.farDistance[node]!, forward.reachedBy[node]!);
    }
    for (const node of forward.news) this.#found(node, forward.distance[node]! + this.#toEnd(node), NO_EDGE);
  }

  #offer(): void {
    const backward = this.#backward;
    backward.step(this.#best);
    for (const node of backward.farNews) {
      this.#found(node, this.#forward.distance[node]! + this.#toEnd(node), NO_EDGE);
    }
  }

  #found(node: number, length: number, lastEdge: number): void {
    if (length >= this.#best) return;
    this.#best = length;
    this.#meeting = lastEdge === NO_EDGE ? node : this.#near.nodeOf[lastEdge]!;
    this.#lastEdge = lastEdge;
  }

  /** Begins at the nodes that would give up what they hold for a price of at least `from`. Answers up to which price. */
  #seekQuitters(from: number): number {
    const to = from === 0 ? this.#best * FIRST_REACH : 2 * from;
    const backward = this.#backward;
    const { count, price, heldCount } = this.#near;
    for (let node = 0; node < count; node++) {
      const own = price[node]!;
      if (own < from || own >= to || heldCount[node] === 0 || own >= backward.farDistance[node]!) continue;
      backward.reach(node, own, NO_EDGE, this.#best);
    }
    return to;
  }

  #toEnd(node: number): number {
    return Math.min(this.#near.price[node]!, this.#backward.farDistance[node]!);
  }

  /** From the end of the path to the source: each node lets one edge go and takes the next. */
  #augment(source: number): void {
    const { taken, given } = this.#forward;
    let node = this.#firstOnPath(source);
    let take = this.#lastEdge;
    if (take === NO_EDGE) take = this.#takeBeyond(node);
    while (node !== source) {
      this.#market.release(given[node]!);
      if (take !== NO_EDGE) this.#market.hold(take);
      take = taken[node]!;
      node = this.#near.nodeOf[take]!;
    }
    if (take !== NO_EDGE) this.#market.hold(take);
  }

  /** Of the nodes where both halves of the path meet the one next to the source: so no node is on it twice. */
  #firstOnPath(source: number): number {
    const { distance, taken } = this.#forward;
    let first = this.#meeting;
    if (this.#lastEdge !== NO_EDGE) return first;
    for (let node = first; node !== source; ) {
      node = this.#near.nodeOf[taken[node]!]!;
      if (distance[node]! + this.#toEnd(node) === this.#best) first = node;
    }
    return first;
  }

  /** Augments from the end of the path up to a node. Answers the edge that the node itself takes, if any. */
  #takeBeyond(node: number): number {
    const { taken, given, reachedBy, farDistance } = this.#backward;
    if (this.#near.price[node]! <= farDistance[node]!) return NO_EDGE;
    const takes: number[] = [];
    const lost: number[] = [];
    for (let take = reachedBy[node]!; take !== NO_EDGE; ) {
      takes.push(take);
      const far = this.#far.nodeOf[take]!;
      if (!isFull(this.#far, far)) break;
      lost.push(given[far]!);
      take = taken[far]!;
    }
    for (let at = lost.length; at > 0; at--) {
      this.#market.release(lost[at - 1]!);
      if (at < takes.length) this.#market.hold(takes[at]!);
    }
    return takes[0]!;
  }

  /** @param radius around the ends */
  #movePrices(radius: number): void {
    const { labelled, farLabelled, distance, farDistance } = this.#forward;
    const { price } = this.#near;
    const { price: farPrice } = this.#far;
    if (radius > 0) this.#moveAway(radius);
    for (const node of labelled) price[node]! -= Math.max(0, this.#best - radius - distance[node]!);
    for (const node of farLabelled) {
      farPrice[node] = raised(farPrice[node]!, Math.max(0, this.#best - radius - farDistance[node]!));
    }
  }

  /** Who is gone has a price that nobody pays; it stays. */
  #moveAway(radius: number): void {
    const { distance, farDistance } = this.#backward;
    const { count, price, room } = this.#near;
    for (let node = 0; node < count; node++) {
      if (room[node] !== 0) price[node]! -= Math.min(radius, price[node]!, farDistance[node]!);
    }
    const far = this.#far;
    for (let node = 0; node < far.count; node++) {
      if (far.room[node] !== 0) far.price[node] = raised(far.price[node]!, Math.min(radius, distance[node]!));
    }
  }
}

/** No weight is higher, so that no edge needs more of one price; with a gap, sums of two may exceed it. */
const PRICE_MAX = 0x7fffffff;

function raised(price: number, by: number): number {
  return Math.min(PRICE_MAX, price + by);
}
