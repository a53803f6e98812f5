/** Many binary heaps of edges in one array, the best on top; each begins at its own `start`. */
export interface Heaps {
  readonly edges: Uint32Array;
  /** By edge. */
  readonly scores: Int32Array;
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

/** Whether `edge` is better than `other`; of equal scores the lower edge. */
function precedes({ scores }: Heaps, edge: number, other: number): boolean {
  const difference = scores[edge]! - scores[other]!;
  return difference === 0 ? edge < other : difference > 0;
}
