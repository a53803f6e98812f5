import type { SparseGraph } from "@marketmesh/allocation-engine";

/** Weights of the random graphs: whole numbers from 1 to this, uniformly. */
export const weightMax = 1_000_000;

/** A stream of whole numbers below `limit` (mulberry32). */
export function drawing(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** Distinct numbers below `limit`, ascending. */
export function distinct(draw: (limit: number) => number, count: number, limit: number): number[] {
  const drawn: number[] = [];
  while (drawn.length < count) {
    const next = draw(limit);
    if (!drawn.includes(next)) drawn.push(next);
  }
  return drawn.sort((a, b) => a - b);
}

/** Single units: every demand may have so many random supplies of as many as there are demands. */
export function randomGraph(size: number, degree: number, seed: number): SparseGraph {
  return randomBlocks(1, size, degree, seed);
}

/** So many such graphs beside each other in one; they share no pair. */
export function randomBlocks(blocks: number, blockSize: number, degree: number, seed: number): SparseGraph {
  const draw = drawing(seed);
  const size = blocks * blockSize;
  const edges = size * degree;
  const supplies = new Uint32Array(edges);
  const weights = new Int32Array(edges);
  for (let demand = 0; demand < size; demand++) {
    const first = demand - (demand % blockSize);
    const chosen = distinct(draw, degree, blockSize).map((supply) => first + supply);
    supplies.set(chosen, demand * degree);
    for (let edge = demand * degree; edge < (demand + 1) * degree; edge++)
      weights[edge] = 1 + draw(weightMax);
  }
  const ones = new Int32Array(size).fill(1);
  return {
    unitMode: "SPREAD",
    demandCapacity: ones,
    supplyCapacity: ones,
    offsets: Uint32Array.from({ length: size + 1 }, (_, row) => row * degree),
    demands: Uint32Array.from({ length: edges }, (_, edge) => Math.floor(edge / degree)),
    supplies,
    demandScores: weights,
    supplyScores: weights,
  };
}
