import { hold, isFull, type Market, NO_EDGE, release, type Side } from "../optimal/market.ts";
import type { Arrival } from "./changes.ts";
import { grow } from "./grow.ts";
import { GrowingSide } from "./growing-side.ts";
import { Mates } from "./mates.ts";

/**
 * A solved market that can be edited. Every edit keeps, for all edges and up to epsilon, prices of both ends >= weight where
 * it is not held and <= weight where it is; what an edit breaks is noted: nodes with an open unit and a price above 0.
 */
export class GrowingMarket implements Market {
  readonly demand: GrowingSide;
  readonly supply: GrowingSide;
  readonly demandMates: Mates;
  readonly supplyMates: Mates;
  weights: Int32Array;
  held: Uint8Array;
  edgeCount: number;
  readonly #epsilon: number;
  /** Nodes that may be violated, perhaps repeated. */
  readonly openDemands: number[] = [];
  readonly openSupplies: number[] = [];

  constructor(solved: Market, demandCapacity: Int32Array, supplyCapacity: Int32Array, epsilon: number) {
    this.#epsilon = epsilon;
    const { demand, supply, weights } = solved;
    this.demand = new GrowingSide(demand, demandCapacity, supply.nodeOf, weights);
    this.supply = new GrowingSide(supply, supplyCapacity, demand.nodeOf, weights);
    this.weights = grow(weights, weights.length + 1);
    this.held = grow(solved.held, weights.length + 1);
    this.edgeCount = weights.length;
    this.demandMates = new Mates(this, this.demand);
    this.supplyMates = new Mates(this, this.supply);
    for (const side of [this.demand, this.supply]) {
      for (let node = 0; node < side.count; node++) if (side.room[node] === 0) this.#reprice(side, node);
    }
  }

  setCapacity(side: GrowingSide, node: number, capacity: number): void {
    const far = this.#otherThan(side);
    const wasGone = side.capacity[node] === 0;
    this.#matesOf(side).forget(node);
    side.setCapacity(node, capacity);
    while (side.heldCount[node]! > side.room[node]!) {
      const edge = this.#leastHeld(side, far, node);
      // What is let go is worth this much to the node: its price must say so, and what it keeps is worth more.
      side.price[node] = Math.max(0, this.#valueOf(edge, far));
      this.#release(edge);
    }
    if (wasGone || capacity === 0) this.#reprice(side, node);
    this.#note(side, node);
  }

  /** Holds an edge on both sides; there must be room, and bidding must have been settled. */
  hold(edge: number): void {
    this.#forget(edge);
    hold(this, edge);
  }

  /** Lets a held edge go on both sides, under the same condition. */
  release(edge: number): void {
    this.#forget(edge);
    release(this, edge);
  }

  /** Brings what is held up to date where bidding has changed it. */
  settleAll(): void {
    this.demandMates.settleAll();
    this.supplyMates.settleAll();
  }

  setWeight(demand: number, supply: number, weight: number): void {
    this.demandMates.forget(demand);
    this.supplyMates.forget(supply);
    const edge = this.#edgeBetween(demand, supply);
    if (edge === NO_EDGE) this.#reweigh(this.#addEdge(demand, supply, weight), demand, weight);
    else {
      this.#weigh(edge, weight);
      this.#reweigh(edge, demand, weight);
    }
  }

  /** A node with its edges takes the next position and holds nothing yet. */
  addNode(side: GrowingSide, { capacity, others, weights }: Arrival): void {
    const node = side.addNode(capacity);
    for (let at = 0; at < others.length; at++) {
      const other = others[at]!;
      const weight = weights[at]!;
      if (side === this.demand) this.#addEdge(node, other, weight);
      else this.#addEdge(other, node, weight);
    }
    this.#reprice(side, node);
    this.#note(side, node);
  }

  /**
   * The price of a node that holds nothing: what its best edge would bring. Where it has no capacity the price costs nothing and is what
   * nobody would pay, so that searches never come this way.
   */
  #reprice(side: GrowingSide, node: number): void {
    const farPrice = this.#otherThan(side).price;
    const gone = side.capacity[node] === 0;
    const { lines } = side;
    let price = 0;
    for (let at = side.start[node]!; at < side.end[node]!; at++) {
      const weight = lines[2 * at + 1]!;
      price = Math.max(price, gone ? weight : weight - farPrice[lines[2 * at]!]!);
    }
    side.price[node] = price;
  }

  #addEdge(demand: number, supply: number, weight: number): number {
    const edge = this.edgeCount++;
    this.weights = grow(this.weights, edge + 1);
    this.held = grow(this.held, edge + 1);
    this.weights[edge] = weight;
    this.demand.addEdge(edge, demand, supply, weight);
    this.supply.addEdge(edge, supply, demand, weight);
    this.demandMates.moved(demand);
    this.supplyMates.moved(supply);
    this.#outprice(edge);
    return edge;
  }

  /** An end without capacity goes on having a price that nobody would pay. */
  #outprice(edge: number): void {
    for (const { nodeOf, capacity, price } of [this.demand, this.supply]) {
      const node = nodeOf[edge]!;
      if (capacity[node] === 0) price[node] = Math.max(price[node]!, this.weights[edge]!);
    }
  }

  #reweigh(edge: number, demand: number, weight: number): void {
    const value = this.#valueOf(edge, this.supply);
    const price = this.demand.price[demand]!;
    if (this.held[edge] === 1) {
      if (value < price - this.#epsilon || weight <= 0) this.#release(edge);
    } else if (weight > 0 && value > price + this.#epsilon) {
      this.demand.price[demand] = value;
      this.#releaseBelow(demand, value);
      this.#note(this.demand, demand);
    }
  }

  #weigh(edge: number, weight: number): void {
    this.weights[edge] = weight;
    this.demand.setWeight(edge, weight);
    this.supply.setWeight(edge, weight);
    this.#outprice(edge);
  }

  /** Lets go what the demand holds for less than so much. */
  #releaseBelow(demand: number, value: number): void {
    const { slots, slotStart, heldCount } = this.demand;
    const first = slotStart[demand]!;
    for (let slot = first + heldCount[demand]! - 1; slot >= first; slot--) {
      const edge = slots[slot]!;
      if (this.#valueOf(edge, this.supply) < value - this.#epsilon) this.#release(edge);
    }
  }

  #forget(edge: number): void {
    this.demandMates.forget(this.demand.nodeOf[edge]!);
    this.supplyMates.forget(this.supply.nodeOf[edge]!);
  }

  #release(edge: number): void {
    this.release(edge);
    this.#note(this.demand, this.demand.nodeOf[edge]!);
    this.#note(this.supply, this.supply.nodeOf[edge]!);
  }

  #note(side: Side, node: number): void {
    if (!(side.price[node]! > 0) || isFull(side, node)) return;
    if (side === this.demand) this.openDemands.push(node);
    else this.openSupplies.push(node);
  }

  #leastHeld(side: Side, far: Side, node: number): number {
    const first = side.slotStart[node]!;
    let least = side.slots[first]!;
    for (let slot = first + 1; slot < first + side.heldCount[node]!; slot++) {
      if (this.#valueOf(side.slots[slot]!, far) < this.#valueOf(least, far)) least = side.slots[slot]!;
    }
    return least;
  }

  /** What an edge brings its end at the price of the other end. */
  #valueOf(edge: number, far: Side): number {
    return this.weights[edge]! - far.price[far.nodeOf[edge]!]!;
  }

  #edgeBetween(demand: number, supply: number): number {
    const { start, end, adjacent } = this.demand;
    for (let at = start[demand]!; at < end[demand]!; at++) {
      if (this.supply.nodeOf[adjacent[at]!] === supply) return adjacent[at]!;
    }
    return NO_EDGE;
  }

  #matesOf(side: GrowingSide): Mates {
    return side === this.demand ? this.demandMates : this.supplyMates;
  }

  #otherThan(side: GrowingSide): GrowingSide {
    return side === this.demand ? this.supply : this.demand;
  }
}
