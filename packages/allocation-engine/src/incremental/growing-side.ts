import type { Side } from "../optimal/market.ts";
import { grow } from "./grow.ts";

/**
 * A side whose nodes, edges and capacities change. Lists of a node are stretches of one column; one that outgrows its stretch moves to the
 * end of the column and doubles, so an edit costs what it touches.
 */
export class GrowingSide implements Side {
  count: number;
  start: Uint32Array;
  end: Uint32Array;
  adjacent: Uint32Array;
  nodeOf: Uint32Array;
  room: Int32Array;
  heldCount: Int32Array;
  slotStart: Uint32Array;
  slots: Int32Array;
  price: Float64Array;
  capacity: Int32Array;
  /** By position of `adjacent`: the other end and the weight, side by side: what bidding reads, in one stream. */
  lines: Int32Array;
  /** By node: entries its stretch of `adjacent` and of `slots` has place for. */
  #edgeRoom: Uint32Array;
  #slotRoom: Uint32Array;
  #adjacentEnd: number;
  #slotsEnd: number;

  constructor(side: Side, capacity: Int32Array, otherOf: Uint32Array, weights: Int32Array) {
    this.count = side.count;
    this.start = side.start.slice();
    this.end = side.end.slice();
    this.adjacent = side.adjacent?.slice() ?? Uint32Array.from(side.nodeOf.keys());
    this.nodeOf = side.nodeOf.slice();
    this.room = side.room.slice();
    this.heldCount = side.heldCount;
    this.slotStart = side.slotStart.slice(0, side.count);
    this.slots = side.slots;
    this.price = side.price;
    this.capacity = capacity.slice();
    this.lines = new Int32Array(2 * this.adjacent.length);
    for (let at = 0; at < this.adjacent.length; at++) {
      this.lines[2 * at] = otherOf[this.adjacent[at]!]!;
      this.lines[2 * at + 1] = weights[this.adjacent[at]!]!;
    }
    this.#edgeRoom = this.end.map((end, node) => end - this.start[node]!);
    this.#slotRoom = Uint32Array.from(this.room);
    this.#adjacentEnd = this.adjacent.length;
    this.#slotsEnd = this.slots.length;
  }

  addNode(capacity: number): number {
    const node = this.count++;
    const room = this.count;
    this.start = grow(this.start, room);
    this.end = grow(this.end, room);
    this.room = grow(this.room, room);
    this.heldCount = grow(this.heldCount, room);
    this.slotStart = grow(this.slotStart, room);
    this.price = grow(this.price, room);
    this.capacity = grow(this.capacity, room);
    this.#edgeRoom = grow(this.#edgeRoom, room);
    this.#slotRoom = grow(this.#slotRoom, room);
    this.setCapacity(node, capacity);
    return node;
  }

  /** Notes an edge, numbered one higher than the last, under its node on this side. */
  addEdge(edge: number, node: number, other: number): void {
    this.nodeOf = grow(this.nodeOf, edge + 1);
    this.nodeOf[edge] = node;
    const degree = this.end[node]! - this.start[node]!;
    if (degree === this.#edgeRoom[node]) this.#moveEdges(node, degree);
    const at = this.end[node]!++;
    this.adjacent[at] = edge;
    this.lines[2 * at] = other;
    this.lines[2 * at + 1] = 0;
    this.setCapacity(node, this.capacity[node]!);
  }

  /** An edge weighs 0 until this is said. */
  setWeight(edge: number, weight: number): void {
    const node = this.nodeOf[edge]!;
    let at = this.start[node]!;
    while (this.adjacent[at] !== edge) at++;
    this.lines[2 * at + 1] = weight;
  }

  /** The node may hold more than it now has room for; the caller lets go. */
  setCapacity(node: number, capacity: number): void {
    this.capacity[node] = capacity;
    const room = Math.min(capacity, this.end[node]! - this.start[node]! + 1);
    this.room[node] = room;
    if (room > this.#slotRoom[node]!) this.#moveSlots(node, room);
  }

  #moveEdges(node: number, degree: number): void {
    const from = this.start[node]!;
    const to = this.#adjacentEnd;
    this.#edgeRoom[node] = Math.max(4, 2 * degree);
    this.#adjacentEnd += this.#edgeRoom[node]!;
    this.adjacent = grow(this.adjacent, this.#adjacentEnd);
    this.adjacent.copyWithin(to, from, from + degree);
    this.lines = grow(this.lines, 2 * this.#adjacentEnd);
    this.lines.copyWithin(2 * to, 2 * from, 2 * (from + degree));
    this.start[node] = to;
    this.end[node] = to + degree;
  }

  #moveSlots(node: number, room: number): void {
    const from = this.slotStart[node]!;
    const to = this.#slotsEnd;
    this.#slotRoom[node] = Math.max(room, 2 * this.#slotRoom[node]!);
    this.#slotsEnd += this.#slotRoom[node]!;
    this.slots = grow(this.slots, this.#slotsEnd);
    this.slots.copyWithin(to, from, from + this.heldCount[node]!);
    this.slotStart[node] = to;
  }
}
