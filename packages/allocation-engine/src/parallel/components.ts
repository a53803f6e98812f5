import type { SparseGraph } from "../graph.ts";

/** Component of nodes that belong to none. */
export const ALONE = -1;

/** By node: its connected component, numbered by lowest demand. Nodes without a usable edge are alone. */
export interface Components {
  readonly count: number;
  readonly ofDemand: Int32Array;
  readonly ofSupply: Int32Array;
  /** By component: usable edges. */
  readonly edges: Float64Array;
}

/** Connected components over the edges whose weight is above 0. */
export function components(graph: SparseGraph, weights: Int32Array): Components {
  const { offsets, supplies, demandCapacity, supplyCapacity } = graph;
  const demandCount = demandCapacity.length;
  const roots = Int32Array.from({ length: demandCount + supplyCapacity.length }, (_, node) => node);
  const usable = new Float64Array(demandCount);
  for (let demand = 0; demand < demandCount; demand++) {
    for (let edge = offsets[demand]!; edge < offsets[demand + 1]!; edge++) {
      if (weights[edge]! <= 0) continue;
      usable[demand]!++;
      join(roots, demand, demandCount + supplies[edge]!);
    }
  }
  return number(roots, usable, supplyCapacity.length);
}

function number(roots: Int32Array, usable: Float64Array, supplyCount: number): Components {
  const demandCount = usable.length;
  const numbers = new Int32Array(roots.length).fill(ALONE);
  const ofDemand = new Int32Array(demandCount).fill(ALONE);
  const edges: number[] = [];
  for (let demand = 0; demand < demandCount; demand++) {
    if (usable[demand] === 0) continue;
    const root = rootOf(roots, demand);
    if (numbers[root] === ALONE) numbers[root] = edges.push(0) - 1;
    ofDemand[demand] = numbers[root]!;
    edges[numbers[root]!]! += usable[demand]!;
  }
  const ofSupply = Int32Array.from(
    { length: supplyCount },
    (_, supply) => numbers[rootOf(roots, demandCount + supply)]!,
  );
  return { count: edges.length, ofDemand, ofSupply, edges: Float64Array.from(edges) };
}

/** Lower roots win, so a component's root is its lowest demand. */
function join(roots: Int32Array, one: number, other: number): void {
  const a = rootOf(roots, one);
  const b = rootOf(roots, other);
  if (a < b) roots[b] = a;
  else roots[a] = b;
}

function rootOf(roots: Int32Array, node: number): number {
  let at = node;
  while (roots[at] !== at) {
    roots[at] = roots[roots[at]!]!;
    at = roots[at]!;
  }
  return at;
}
