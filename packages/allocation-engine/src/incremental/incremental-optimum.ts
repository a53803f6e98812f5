import { EngineError } from "../engine-error.ts";
import type { SparseGraph } from "../graph.ts";
import { isOpen } from "../optimal/market.ts";
import { exactMarket, type OptimalOptions } from "../optimal/optimal.ts";
import { Bidding } from "./bidding.ts";
import type { MarketChanges } from "./changes.ts";
import { GrowingMarket } from "./growing-market.ts";
import { MeetingSearch } from "./meeting-search.ts";
import { refuseBadChanges } from "./refuse-changes.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";
import { WorthBound } from "./worth-bound.ts";

/**
 * Bidding goes in turns, for so many looks per node that is open then, so many turns at most. Short turns matter: bidding long against
 * a lack that is far away moves prices everywhere.
 */
const TURNS = 64;
const LOOKS_PER_OPEN = 10;

/** The part of the gap that may be left as open units; the rest is what epsilon may lose. */
const OPEN_SHARE = 1 / 2;

/** The part of that which paths leave when it was exceeded: the next batches may need some of it. */
const LEFT_OPEN = 1 / 2;

/** What a batch of changes cost. */
export interface Repair {
  /** Nodes that the changes put out of place. */
  readonly opened: number;
  /** Times a node's edges were looked at. */
  readonly scans: number;
}

/**
 * An optimum that follows its market. What is held and all prices stay; a change breaks complementary slackness at the nodes
 * it touches, and only from these it is repaired. A supply that nobody wants any more leaves a positive price behind: it is
 * closed from its own side, by lowering the price.
 *
 * Without a gap, shortest augmenting paths close what is open: exact, and as slow as the market is tight. With a `gap`, open demands
 * and supplies bid in turns, up to an epsilon of that share of a unit's mean value: what departed and what arrived soon meet.
 * The last few without a counterpart may stay open until the next batch, as long as their prices are half of the gap; paths close
 * what is more.
 *
 * Positions never change: who leaves has capacity 0, who arrives comes last. Where most have left, build anew.
 */
export class IncrementalOptimum {
  readonly #market: GrowingMarket;
  readonly #epsilon: number;
  readonly #openMax: number;
  readonly #worth: WorthBound;
  readonly #forward: MeetingSearch;
  readonly #backward: MeetingSearch;
  readonly #asking: Bidding;
  readonly #offering: Bidding;

  /** Solves the graph exactly; both arguments are copied. Errors as `optimal`. */
  constructor(graph: SparseGraph, weights: Int32Array, { gap = 0 }: OptimalOptions = {}) {
    if (!(gap >= 0 && gap < 1)) throw new EngineError("PLAN_INVALID", `gap is ${gap}; allowed: 0 to below 1`);
    const solved = exactMarket(graph, weights);
    const { value, units } = heldIn(solved.held, weights);
    this.#openMax = OPEN_SHARE * gap * value;
    this.#epsilon = units === 0 ? 0 : Math.floor(((1 - OPEN_SHARE) * gap * value) / units);
    this.#market = new GrowingMarket(solved, graph.demandCapacity, graph.supplyCapacity, this.#epsilon);
    const { demand, supply } = this.#market;
    this.#worth = new WorthBound(demand);
    this.#forward = new MeetingSearch(this.#market, demand, supply);
    this.#backward = new MeetingSearch(this.#market, supply, demand);
    this.#asking = new Bidding(this.#market, demand);
    this.#offering = new Bidding(this.#market, supply);
  }

  /**
   * Applies a batch and repairs the optimum. A batch that is refused changes nothing.
   *
   * @throws EngineError EDGE_OUT_OF_RANGE, EDGE_REPEATED, CAPACITY_INVALID, SCORE_INVALID (a weight that is not an integer
   *   of 32 bits), COLUMN_LENGTHS_DIFFER, WEIGHT_OVERFLOW (the total could pass 2^53)
   */
  apply(changes: MarketChanges): Repair {
    const market = this.#market;
    const { demand, supply } = market;
    refuseBadChanges(market, changes);
    this.#worth.add(changes);
    for (const { node, capacity } of changes.demandCapacities ?? [])
      market.setCapacity(demand, node, capacity);
    for (const { node, capacity } of changes.supplyCapacities ?? [])
      market.setCapacity(supply, node, capacity);
    for (const change of changes.weights ?? []) {
      market.setWeight(change.demand, change.supply, change.weight);
    }
    for (const arrival of changes.arrivingSupplies ?? []) market.addNode(supply, arrival);
    for (const arrival of changes.arrivingDemands ?? []) market.addNode(demand, arrival);
    return this.#repair();
  }

  /** Supplies that a demand holds, by position, ascending. */
  heldBy(node: number): number[] {
    const { demand, supply } = this.#market;
    this.#market.demandMates.settle(node);
    const first = demand.slotStart[node]!;
    const edges = demand.slots.subarray(first, first + demand.heldCount[node]!);
    return Array.from(edges, (edge) => supply.nodeOf[edge]!).sort((a, b) => a - b);
  }

  /** Graph, assignment and certificate as they are now; takes time in the size of the whole graph. */
  snapshot(): Snapshot {
    this.#market.settleAll();
    return snapshotOf(this.#market, this.#scans());
  }

  #repair(): Repair {
    const { openDemands, openSupplies } = this.#market;
    const before = this.#scans();
    let demands = this.#asking.begin(openDemands.splice(0));
    let supplies = this.#offering.begin(openSupplies.splice(0));
    const opened = demands.length + supplies.length;
    if (this.#epsilon > 0) ({ demands, supplies } = this.#bid(demands, supplies));
    if (this.#priceOf(demands, supplies) > this.#openMax) {
      this.#close(demands, supplies);
      demands = this.#asking.open(demands);
      supplies = this.#offering.open(supplies);
    }
    openDemands.push(...demands);
    openSupplies.push(...supplies);
    return { opened, scans: this.#scans() - before };
  }

  /** Lets both sides bid in turns. Answers the nodes that are still open. */
  #bid(demands: number[], supplies: number[]): { demands: number[]; supplies: number[] } {
    const left = { demands, supplies };
    for (let turn = 0; turn < TURNS && left.demands.length + left.supplies.length > 0; turn++) {
      const looks = LOOKS_PER_OPEN * (left.demands.length + left.supplies.length);
      left.demands = this.#asking.close(left.demands, this.#epsilon, looks);
      left.supplies = this.#offering.close(left.supplies, this.#epsilon, looks);
      left.demands = this.#asking.open(left.demands);
      if (this.#priceOf(left.demands, left.supplies) <= this.#openMax) break;
    }
    return left;
  }

  /** Closes units of these nodes by paths until little enough is open. What bidding knows is written back before. */
  #close(demands: readonly number[], supplies: readonly number[]): void {
    const { demand, supply } = this.#market;
    const enough = LEFT_OPEN * this.#openMax;
    // Prices of open nodes do not rise while paths are closed, so this is what is open at most.
    let open = this.#priceOf(demands, supplies);
    this.#market.settleAll();
    this.#forward.resize();
    this.#backward.resize();
    for (const node of demands) {
      if (open <= enough) return;
      if (isOpen(demand, node)) open -= this.#asking.priceOf([node]);
      while (isOpen(demand, node)) this.#forward.close(node);
    }
    for (const node of supplies) {
      if (open <= enough) return;
      if (isOpen(supply, node)) open -= this.#offering.priceOf([node]);
      while (isOpen(supply, node)) this.#backward.close(node);
    }
  }

  #priceOf(demands: readonly number[], supplies: readonly number[]): number {
    return this.#asking.priceOf(demands) + this.#offering.priceOf(supplies);
  }

  #scans(): number {
    return this.#forward.scans + this.#backward.scans + this.#asking.scans + this.#offering.scans;
  }
}

function heldIn(held: Uint8Array, weights: Int32Array): { value: number; units: number } {
  let value = 0;
  let units = 0;
  for (let edge = 0; edge < held.length; edge++) {
    if (held[edge] === 0) continue;
    value += weights[edge]!;
    units++;
  }
  return { value, units };
}
