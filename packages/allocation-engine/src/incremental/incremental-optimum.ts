import { EngineError } from "../engine-error.ts";
import type { SparseGraph } from "../graph.ts";
import { isOpen, type Side } from "../optimal/market.ts";
import { exactMarket, type OptimalOptions } from "../optimal/optimal.ts";
import { PathSearch } from "../optimal/path-search.ts";
import { Bidding } from "./bidding.ts";
import type { MarketChanges } from "./changes.ts";
import { GrowingMarket } from "./growing-market.ts";
import { refuseBadChanges } from "./refuse-changes.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";

/** How often demands and supplies take turns at bidding, and for how many looks per open node. */
const TURNS = 64;
const SCANS_PER_TURN = 10;

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
 * With a `gap`, open demands and supplies bid in turns up to an epsilon of that share of a unit's mean value: a departed demand's supply
 * and an arrived demand soon meet. What is left then, and everything without a gap, is closed by shortest augmenting paths.
 *
 * Positions never change: who leaves has capacity 0, who arrives comes last. Where most have left, build anew.
 */
export class IncrementalOptimum {
  readonly #market: GrowingMarket;
  readonly #epsilon: number;
  readonly #forward: PathSearch;
  readonly #backward: PathSearch;
  readonly #asking: Bidding;
  readonly #offering: Bidding;

  /** Solves the graph exactly; both arguments are copied. Errors as `optimal`. */
  constructor(graph: SparseGraph, weights: Int32Array, { gap = 0 }: OptimalOptions = {}) {
    if (!(gap >= 0 && gap < 1)) throw new EngineError("PLAN_INVALID", `gap is ${gap}; allowed: 0 to below 1`);
    const solved = exactMarket(graph, weights);
    this.#epsilon = Math.floor(gap * meanHeld(solved.held, weights));
    this.#market = new GrowingMarket(solved, graph.demandCapacity, graph.supplyCapacity, this.#epsilon);
    const { demand, supply } = this.#market;
    this.#forward = new PathSearch(this.#market, demand, supply);
    this.#backward = new PathSearch(this.#market, supply, demand);
    this.#asking = new Bidding(this.#market, demand, supply);
    this.#offering = new Bidding(this.#market, supply, demand);
  }

  /**
   * Applies a batch and repairs the optimum. A batch that is refused changes nothing.
   *
   * @throws EngineError EDGE_OUT_OF_RANGE, EDGE_REPEATED, CAPACITY_INVALID, SCORE_INVALID (a weight that is not an integer
   *   of 32 bits), COLUMN_LENGTHS_DIFFER
   */
  apply(changes: MarketChanges): Repair {
    const market = this.#market;
    const { demand, supply } = market;
    refuseBadChanges(market, changes);
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
    const first = demand.slotStart[node]!;
    const edges = demand.slots.subarray(first, first + demand.heldCount[node]!);
    return Array.from(edges, (edge) => supply.nodeOf[edge]!).sort((a, b) => a - b);
  }

  /** Graph, assignment and certificate as they are now; takes time in the size of the whole graph. */
  snapshot(): Snapshot {
    return snapshotOf(this.#market, this.#scans());
  }

  #repair(): Repair {
    const { demand, supply, openDemands, openSupplies } = this.#market;
    const before = this.#scans();
    const opened = openDemands.length + openSupplies.length;
    const [demands, supplies] = this.#bid([...openDemands], [...openSupplies]);
    openDemands.length = 0;
    openSupplies.length = 0;
    this.#forward.resize();
    this.#backward.resize();
    for (const node of demands) while (isOpen(demand, node)) this.#forward.close(node);
    for (const node of supplies) while (isOpen(supply, node)) this.#backward.close(node);
    return { opened, scans: this.#scans() - before };
  }

  /** Lets both sides bid in turns. Answers the nodes that are still open. */
  #bid(demands: number[], supplies: number[]): [number[], number[]] {
    if (this.#epsilon === 0) return [demands, supplies];
    const { demand, supply } = this.#market;
    let [open, unwanted] = [demands, supplies];
    const scans = SCANS_PER_TURN * (open.length + unwanted.length);
    for (let turn = 0; turn < TURNS && open.length + unwanted.length > 0; turn++) {
      open = this.#asking.close(open, this.#epsilon, scans);
      unwanted = this.#offering.close(stillOpen(supply, unwanted), this.#epsilon, scans);
      open = stillOpen(demand, open);
    }
    return [open, unwanted];
  }

  #scans(): number {
    return this.#forward.scans + this.#backward.scans + this.#asking.scans + this.#offering.scans;
  }
}

function stillOpen(side: Side, nodes: readonly number[]): number[] {
  return nodes.filter((node) => isOpen(side, node));
}

function meanHeld(held: Uint8Array, weights: Int32Array): number {
  let value = 0;
  let units = 0;
  for (let edge = 0; edge < held.length; edge++) {
    if (held[edge] === 0) continue;
    value += weights[edge]!;
    units++;
  }
  return units === 0 ? 0 : value / units;
}
