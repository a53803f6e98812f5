import type { SparseGraph } from "../graph.ts";
import { UNLIMITED } from "../graph.ts";
import { minCostFlow } from "../network/min-cost-flow.ts";
import { type Network, UNBOUNDED } from "../network/network.ts";
import type { Prices } from "../strategies/problem.ts";
import type { Caps, CapsOfSide } from "./caps.ts";
import { innermost, nesting, OUTERMOST } from "./nesting.ts";

/** A graph of single units with nested limits, as a network that `minCostFlow` solves. */
export interface LimitedFlow {
  /** Chosen edges, ascending. */
  readonly edges: Uint32Array;
  readonly prices: Prices;
  /** By cap: units that go through it. */
  readonly units: Float64Array;
}

/** What each cap's units cost or must be, beside its maximum. */
export interface CapTerms {
  /** By cap: units below this cost `belowCost` each. */
  readonly unitsMin?: ArrayLike<number>;
  readonly belowCost?: number;
  /** By cap: fewest units, which must be possible. */
  readonly lower?: ArrayLike<number>;
}

/** Whether the caps of each side are nested or apart, so that a flow counts them. */
export function flowCounts(caps: Caps): boolean {
  return nesting(caps.list, caps.ofDemand) !== undefined && nesting(caps.list, caps.ofSupply) !== undefined;
}

/**
 * The assignment of greatest weight under nested limits, exactly: units flow from one source through the demand side's caps, demands,
 * edges, supplies and the supply side's caps back to the source.
 *
 * @param weights by edge
 * @param caps with `flowCounts`
 */
export function limitedFlow(
  graph: SparseGraph,
  weights: Int32Array,
  caps: Caps,
  terms: CapTerms = {},
): LimitedFlow {
  const shape = shapeOf(graph, caps);
  const arcs = new Arcs();
  const capArcs = caps.list.map((cap, index) => addCap(arcs, shape, caps, index, cap.unitsMax, terms));
  const demandArcs = addParties(arcs, shape, graph.demandCapacity, shape.demandParents, false);
  const supplyArcs = addParties(arcs, shape, graph.supplyCapacity, shape.supplyParents, true);
  const edgeArcs = arcs.size;
  for (let edge = 0; edge < weights.length; edge++) {
    const from = shape.demandAt + graph.demands[edge]!;
    arcs.add(from, shape.supplyAt + graph.supplies[edge]!, 1, -weights[edge]!);
  }
  const { flow, potentials } = minCostFlow(arcs.network(shape.nodes));
  const edges = graph.supplies.map((_, edge) => edge).filter((edge) => flow[edgeArcs + edge]! > 0);
  const price = (arc: number) => Math.max(0, potentials[arcs.heads[arc]!]! - potentials[arcs.tails[arc]!]!);
  return {
    edges,
    prices: {
      demandPrices: Float64Array.from(graph.demandCapacity, (_, demand) => price(demandArcs + demand)),
      supplyPrices: Float64Array.from(graph.supplyCapacity, (units, supply) =>
        units === UNLIMITED ? 0 : price(supplyArcs + supply),
      ),
      limitPrices: Float64Array.from(capArcs, ([arc]) => {
        const signed = potentials[arcs.heads[arc!]!]! - potentials[arcs.tails[arc!]!]!;
        return terms.lower === undefined ? Math.max(0, signed) : signed;
      }),
    },
    units: Float64Array.from(capArcs, (own) => own.reduce((sum, arc) => sum + flow[arc]!, 0)),
  };
}

/** Where nodes stand: the hub, then caps, demands, supplies. */
interface Shape {
  readonly demandAt: number;
  readonly supplyAt: number;
  readonly nodes: number;
  readonly capParents: Int32Array;
  readonly demandParents: Int32Array;
  readonly supplyParents: Int32Array;
}

const HUB = 0;

function shapeOf(graph: SparseGraph, caps: Caps): Shape {
  const demandAt = 1 + caps.list.length;
  const supplyAt = demandAt + graph.demandCapacity.length;
  const inDemand = parentsOf(caps, caps.ofDemand);
  const inSupply = parentsOf(caps, caps.ofSupply);
  const capParents = inDemand.map((parent, cap) =>
    caps.list[cap]!.side === "DEMAND" ? parent : inSupply[cap]!,
  );
  return {
    demandAt,
    supplyAt,
    nodes: supplyAt + graph.supplyCapacity.length,
    capParents,
    demandParents: innermost(caps.ofDemand, inDemand),
    supplyParents: innermost(caps.ofSupply, inSupply),
  };
}

function parentsOf(caps: Caps, side: CapsOfSide): Int32Array {
  const parents = nesting(caps.list, side);
  if (parents === undefined) throw new TypeError("limits overlap: a flow cannot count them");
  return parents;
}

function nodeOfCap(cap: number): number {
  return cap === OUTERMOST ? HUB : 1 + cap;
}

/** One arc, or two where the first units of a cap are worth more. */
function addCap(
  arcs: Arcs,
  { capParents }: Shape,
  caps: Caps,
  cap: number,
  unitsMax: number,
  terms: CapTerms,
) {
  const outer = nodeOfCap(capParents[cap]!);
  const inner = nodeOfCap(cap);
  const [tail, head] = caps.list[cap]!.side === "DEMAND" ? [outer, inner] : [inner, outer];
  const first = Math.min(unitsMax, terms.unitsMin?.[cap] ?? 0);
  const own = [arcs.add(tail, head, unitsMax - first, 0, terms.lower?.[cap] ?? 0)];
  if (first > 0) own.push(arcs.add(tail, head, first, terms.belowCost ?? 0));
  return own;
}

/** An arc per demand (from the hub's side) or supply (towards it); answers the first. */
function addParties(
  arcs: Arcs,
  shape: Shape,
  capacity: Int32Array,
  parents: Int32Array,
  towardsHub: boolean,
): number {
  const first = arcs.size;
  const at = towardsHub ? shape.supplyAt : shape.demandAt;
  for (let position = 0; position < capacity.length; position++) {
    const upper = capacity[position] === UNLIMITED ? UNBOUNDED : capacity[position]!;
    const around = nodeOfCap(parents[position]!);
    const [tail, head] = towardsHub ? [at + position, around] : [around, at + position];
    arcs.add(tail, head, upper, 0);
  }
  return first;
}

/** Arcs as columns while a network is put together. */
class Arcs {
  readonly tails: number[] = [];
  readonly heads: number[] = [];
  readonly #upper: number[] = [];
  readonly #lower: number[] = [];
  readonly #costs: number[] = [];

  get size(): number {
    return this.tails.length;
  }

  add(tail: number, head: number, upper: number, cost: number, lower = 0): number {
    this.#upper.push(upper);
    this.#lower.push(lower);
    this.#costs.push(cost);
    this.heads.push(head);
    return this.tails.push(tail) - 1;
  }

  network(nodes: number): Network {
    return {
      supplies: new Float64Array(nodes),
      tails: this.tails,
      heads: this.heads,
      upper: this.#upper,
      lower: this.#lower,
      costs: this.#costs,
    };
  }
}
