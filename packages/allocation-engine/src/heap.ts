/** Which edge stands on top of a heap. Equal scores: the lower edge is the better one. */
export type Top = typeof BEST_ON_TOP | typeof WORST_ON_TOP;
export const BEST_ON_TOP = 1;
export const WORST_ON_TOP = -1;

/** Many binary heaps of edges in one array: each begins at its own `start`. */
export interface Heaps {
  readonly edges: Uint32Array;
  /** By edge. */
  readonly scores: Int32Array;
  readonly top: Top;
}

/** Whether `edge` belongs nearer to the top than `other`. */
export function precedes({ scores, top }: Heaps, edge: number, other: number): boolean {
  const difference = scores[edge]! - scores[other]!;
  return difference === 0 ? top * (other - edge) > 0 : top * difference > 0;
}

/** Puts `edge` into the heap of `size` edges at `start`, which has room for one more. */
export function insert(heaps: Heaps, start: number, size: number, edge: number): void {
  const { edges } = heaps;
  let at = size;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!precedes(heaps, edge, edges[start + parent]!)) break;
    edges[start + at] = edges[start + parent]!;
    at = parent;
  }
  edges[start + at] = edge;
}

/** Puts `edge` where the edge at position `from` was and restores the order below it. */
export function replace(heaps: Heaps, start: number, size: number, from: number, edge: number): void {
  const { edges } = heaps;
  let at = from;
  for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
    const right = child + 1;
    if (right < size && precedes(heaps, edges[start + right]!, edges[start + child]!)) child = right;
    if (!precedes(heaps, edges[start + child]!, edge)) break;
    edges[start + at] = edges[start + child]!;
    at = child;
  }
  edges[start + at] = edge;
}
