import type { Residual } from "./residual.ts";

const NONE = -1;
const DONE = -2;

/** Room for the queues of `priceUpdate`, made once. */
export class Buckets {
  readonly limit: number;
  readonly head: Int32Array;
  readonly next: Int32Array;
  readonly previous: Int32Array;
  readonly rank: Int32Array;

  /** @param limit nodes farther than this many eps from every deficit are not looked for */
  constructor(nodes: number, limit: number) {
    this.limit = limit;
    this.head = new Int32Array(limit).fill(NONE);
    this.next = new Int32Array(nodes);
    this.previous = new Int32Array(nodes);
    this.rank = new Int32Array(nodes);
  }
}

/**
 * Lowers prices so that every node with an excess has an admissible path to a node with a deficit, keeping eps-optimality
 * (global price update: Goldberg 1997, section 6). A backward search in buckets of eps.
 *
 * Answers whether every excess was reached; if not, either there is no way or it is longer than `buckets.limit`.
 */
export function priceUpdate(residual: Residual, eps: number, buckets: Buckets): boolean {
  const { nodes, first, head, twin, room, cost, price, excess } = residual;
  const { limit, head: bucket, next, previous, rank } = buckets;
  let waiting = 0;
  for (let node = 0; node < nodes; node++) {
    rank[node] = limit;
    next[node] = NONE;
    if (excess[node]! > 0) waiting++;
    if (excess[node]! >= 0) continue;
    rank[node] = 0;
    link(bucket, next, previous, 0, node);
  }
  let level = 0;
  search: for (; level < limit; level++) {
    for (let node = bucket[level]!; node !== NONE; node = bucket[level]!) {
      if (waiting === 0) break search;
      const after = next[node]!;
      bucket[level] = after;
      if (after !== NONE) previous[after] = NONE;
      next[node] = DONE;
      if (excess[node]! > 0) waiting--;
      const before = price[node]!;
      price[node] = before - level * eps;
      for (let arc = first[node]!; arc < first[node + 1]!; arc++) {
        const tail = head[arc]!;
        const rankBefore = rank[tail]!;
        if (rankBefore <= level) continue;
        const reduced = price[tail]! - cost[arc]! - before;
        if (reduced >= (rankBefore - level - 1) * eps || room[twin[arc]!]! <= 0) continue;
        const rankFound = reduced < 0 ? level : level + Math.floor(reduced / eps) + 1;
        if (rankBefore < limit) unlink(bucket, next, previous, rankBefore, tail);
        rank[tail] = rankFound;
        link(bucket, next, previous, rankFound, tail);
      }
    }
    if (waiting === 0) break;
  }
  // Whoever was not reached is at least this far.
  const least = level * eps;
  for (let node = 0; node < nodes; node++) {
    if (next[node] === DONE) continue;
    price[node]! -= least;
    if (rank[node]! < limit) bucket[rank[node]!] = NONE;
  }
  return waiting === 0;
}

function link(bucket: Int32Array, next: Int32Array, previous: Int32Array, rank: number, node: number): void {
  const top = bucket[rank]!;
  next[node] = top;
  previous[node] = NONE;
  if (top !== NONE) previous[top] = node;
  bucket[rank] = node;
}

function unlink(
  bucket: Int32Array,
  next: Int32Array,
  previous: Int32Array,
  rank: number,
  node: number,
): void {
  const before = previous[node]!;
  const after = next[node]!;
  if (before === NONE) bucket[rank] = after;
  else next[before] = after;
  if (after !== NONE) previous[after] = before;
}
