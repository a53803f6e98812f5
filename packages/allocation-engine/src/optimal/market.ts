import type { SparseGraph } from "../graph.ts";
import { identity, stableOrder } from "../order.ts";

/** Marks an edge that nobody may hold, where an edge number is expected. */
export const NO_EDGE = -1;

/**
 * The nodes of one side, their edges and what they hold. Arrays are by node unless said otherwise, and may be longer than the
 * count.
 */
export interface Side {
  readonly count: number;
  /** Edges of a node: positions `start[node] .. end[node] - 1` of `adjacent`, or edge numbers where that is null. */
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  readonly adjacent: Uint32Array | null;
  /** By edge: its node on this side. */
  readonly nodeOf: Uint32Array;
  /** Units the node can hold: its capacity, or one more than its edges where that is less, so that it is never full. */
  readonly room: Int32Array;
  readonly heldCount: Int32Array;
  /** Edges held: `slots[slotStart[node]] .. + heldCount[node] - 1`, in no order. */
  readonly slotStart: Uint32Array;
  readonly slots: Int32Array;
  /** Dual value of a unit of the node, 0 or more; above 0 only while the node is full (once solved). */
  readonly price: Int32Array;
}

/** A b-matching under construction: both sides, weights by edge (the edge is ignored unless above 0), 1 by edge held. */
export interface Market {
  readonly demand: Side;
  readonly supply: Side;
  readonly weights: Int32Array;
  readonly held: Uint8Array;
}

/** The market of a graph in which nothing is held yet and all prices are 0. */
export function openMarket(graph: SparseGraph, weights: Int32Array): Market {
  const { offsets, demands, supplies, demandCapacity, supplyCapacity } = graph;
  const columns = stableOrder(identity(supplies.length), supplies, supplyCapacity.length);
  return {
    demand: openSide(offsets, null, demands, demandCapacity),
    supply: openSide(columns.offsets, columns.order, supplies, supplyCapacity),
    weights,
    held: new Uint8Array(weights.length),
  };
}

function openSide(
  offsets: Uint32Array,
  adjacent: Uint32Array | null,
  nodeOf: Uint32Array,
  capacity: Int32Array,
): Side {
  const count = capacity.length;
  const room = new Int32Array(count);
  const slotStart = new Uint32Array(count + 1);
  for (let node = 0; node < count; node++) {
    room[node] = Math.min(capacity[node]!, offsets[node + 1]! - offsets[node]! + 1);
    slotStart[node + 1] = slotStart[node]! + room[node]!;
  }
  return {
    count,
    start: offsets.subarray(0, count),
    end: offsets.subarray(1),
    adjacent,
    nodeOf,
    room,
    heldCount: new Int32Array(count),
    slotStart,
    slots: new Int32Array(slotStart[count]!),
    price: new Int32Array(count),
  };
}

/** Holds an edge on both sides. There must be room. */
export function hold(market: Market, edge: number): void {
  market.held[edge] = 1;
  put(market.demand, edge);
  put(market.supply, edge);
}

/** Lets a held edge go on both sides. */
export function release(market: Market, edge: number): void {
  market.held[edge] = 0;
  remove(market.demand, edge);
  remove(market.supply, edge);
}

/** The edge at a position among those of a side. */
export function edgeAt({ adjacent }: Side, position: number): number {
  return adjacent === null ? position : adjacent[position]!;
}

export function isFull(side: Side, node: number): boolean {
  return side.heldCount[node]! >= side.room[node]!;
}

function put(side: Side, edge: number): void {
  const node = side.nodeOf[edge]!;
  side.slots[side.slotStart[node]! + side.heldCount[node]!++] = edge;
}

function remove(side: Side, edge: number): void {
  const node = side.nodeOf[edge]!;
  const first = side.slotStart[node]!;
  const last = first + --side.heldCount[node]!;
  let at = first;
  while (side.slots[at] !== edge) at++;
  side.slots[at] = side.slots[last]!;
}

/** Whether complementary slackness is violated at a node: it has room, yet a price. */
export function isOpen(side: Side, node: number): boolean {
  return side.price[node]! > 0 && !isFull(side, node);
}
