import { edgeAt, type Side } from "../optimal/market.ts";
import { grow } from "./grow.ts";
import { CACHE_LINE, lower, type Rows, raise, sortRow } from "./rows.ts";

/** Entries that a row has room for beyond those it begins with: most nodes get an edge or two before any needs more. */
const SPARE = 2;

/**
 * A side whose nodes, edges and capacities change. Lists of a node are stretches of one column; one that outgrows its stretch moves to the
 * end of the column and doubles, so an edit costs what it touches.
 */
export class GrowingSide implements Side, Rows {
  count: number;
  start: Uint32Array;
  end: Uint32Array;
  adjacent: Uint32Array;
  nodeOf: Uint32Array;
  room: Int32Array;
  heldCount: Int32Array;
  slotStart: Uint32Array;
  slots: Int32Array;
  price: Int32Array;
  capacity: Int32Array;
  /** What bidding reads, in one stream: the other end and the weight, side by side. */
  lines: Int32Array;
  /** By node: entries its stretch of `adjacent` and of `slots` has place for. */
  #edgeRoom: Uint32Array;
  #slotRoom: Uint32Array;
  #adjacentEnd: number;
  #slotsEnd: number;

  constructor(side: Side, capacity: Int32Array, otherOf: Uint32Array, weights: Int32Array) {
    const { count } = side;
    this.count = count;
    // All columns have room to grow from the start: copying them takes longer than a batch of changes.
    this.nodeOf = grow(side.nodeOf, side.nodeOf.length + 1);
    this.room = grow(side.room, count + 1);
    this.heldCount = grow(side.heldCount, count + 1);
    this.slotStart = grow(side.slotStart, count + 2);
    this.slots = grow(side.slots, side.slots.length + 1);
    this.price = grow(side.price, count + 1);
    this.capacity = grow(capacity, count + 1);
    this.start = new Uint32Array(this.room.length);
    this.end = new Uint32Array(this.room.length);
    this.#edgeRoom = new Uint32Array(this.room.length);
    this.#adjacentEnd = side.nodeOf.length + SPARE * count;
    this.adjacent = new Uint32Array(2 * this.#adjacentEnd);
    this.lines = new Int32Array(2 * this.adjacent.length + CACHE_LINE);
    this.#layRows(side, otherOf, weights);
    this.#slotRoom = Uint32Array.from(this.room);
    this.#slotsEnd = side.slots.length;
  }

  #layRows(side: Side, otherOf: Uint32Array, weights: Int32Array): void {
    let at = 0;
    for (let node = 0; node < side.count; node++) {
      this.start[node] = at;
      for (let from = side.start[node]!; from < side.end[node]!; from++, at++) {
        const edge = edgeAt(side, from);
        this.adjacent[at] = edge;
        this.lines[2 * at] = otherOf[edge]!;
        this.lines[2 * at + 1] = weights[edge]!;
      }
      this.end[node] = at;
      sortRow(this, this.start[node]!, at);
      this.#edgeRoom[node] = at - this.start[node]! + SPARE;
      at += SPARE;
    }
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
  addEdge(edge: number, node: number, other: number, weight: number): void {
    this.nodeOf = grow(this.nodeOf, edge + 1);
    this.nodeOf[edge] = node;
    const degree = this.end[node]! - this.start[node]!;
    if (degree === this.#edgeRoom[node]) this.#moveEdges(node, degree);
    const at = this.end[node]!++;
    this.adjacent[at] = edge;
    this.lines[2 * at] = other;
    this.lines[2 * at + 1] = weight;
    raise(this, this.start[node]!, at);
    if (this.room[node]! < this.capacity[node]!) this.setCapacity(node, this.capacity[node]!);
  }

  setWeight(edge: number, weight: number): void {
    const node = this.nodeOf[edge]!;
    let at = this.start[node]!;
    while (this.adjacent[at] !== edge) at++;
    const before = this.lines[2 * at + 1]!;
    this.lines[2 * at + 1] = weight;
    if (weight > before) raise(this, this.start[node]!, at);
    else lower(this, at, this.end[node]!);
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
    this.lines = grow(this.lines, 2 * this.#adjacentEnd + CACHE_LINE);
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
