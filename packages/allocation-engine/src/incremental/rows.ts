/** Entries of `lines` in a cache line; so many follow the last row, so that any row may be read a little further. */
export const CACHE_LINE = 16;

/** Above this an insertion sort takes longer than one with a comparator. */
const SHORT = 64;

/**
 * The edges of nodes, each node's by falling weight: a bidder stops reading where nothing heavier can follow. `lines` has the other end
 * and the weight side by side, at twice the position of the edge in `adjacent`.
 */
export interface Rows {
  adjacent: Uint32Array;
  lines: Int32Array;
}

/** Sorts the edges at these positions; equal weights stay in their order. */
export function sortRow(rows: Rows, from: number, to: number): void {
  if (to - from <= SHORT) {
    for (let at = from + 1; at < to; at++) raise(rows, from, at);
    return;
  }
  const { adjacent, lines } = rows;
  const order = Array.from({ length: to - from }, (_, at) => from + at);
  order.sort((a, b) => lines[2 * b + 1]! - lines[2 * a + 1]! || a - b);
  const edges = order.map((at) => adjacent[at]!);
  const entries = order.flatMap((at) => [lines[2 * at]!, lines[2 * at + 1]!]);
  adjacent.set(edges, from);
  lines.set(entries, 2 * from);
}

/** Moves the edge at a position before all lighter ones of its row, which begins at `from`. */
export function raise({ adjacent, lines }: Rows, from: number, position: number): void {
  const edge = adjacent[position]!;
  const other = lines[2 * position]!;
  const weight = lines[2 * position + 1]!;
  let at = position;
  for (; at > from && lines[2 * at - 1]! < weight; at--) {
    adjacent[at] = adjacent[at - 1]!;
    lines[2 * at] = lines[2 * at - 2]!;
    lines[2 * at + 1] = lines[2 * at - 1]!;
  }
  adjacent[at] = edge;
  lines[2 * at] = other;
  lines[2 * at + 1] = weight;
}

/** Moves the edge at a position behind all heavier ones of its row, which ends before `to`. */
export function lower({ adjacent, lines }: Rows, position: number, to: number): void {
  const edge = adjacent[position]!;
  const other = lines[2 * position]!;
  const weight = lines[2 * position + 1]!;
  let at = position;
  for (; at + 1 < to && lines[2 * at + 3]! > weight; at++) {
    adjacent[at] = adjacent[at + 1]!;
    lines[2 * at] = lines[2 * at + 2]!;
    lines[2 * at + 1] = lines[2 * at + 3]!;
  }
  adjacent[at] = edge;
  lines[2 * at] = other;
  lines[2 * at + 1] = weight;
}
