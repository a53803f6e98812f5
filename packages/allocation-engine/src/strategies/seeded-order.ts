import { demandIdOf, type SparseGraph } from "../graph.ts";

/**
 * All demands in the order of a lottery: by a hash of (seed, id), so that a demand's draw is its own and does not move when others
 * come or go. Equal hashes: lower position.
 */
export function seededOrder(graph: SparseGraph, seed: number): Uint32Array {
  const draws = Float64Array.from(graph.demandCapacity, (_, demand) => draw(seed, demandIdOf(graph, demand)));
  return Uint32Array.from(draws.keys()).sort((a, b) => draws[a]! - draws[b]! || a - b);
}

/** 53 bits of (seed, text): cyrb53 (public domain, github.com/bryc/code), mixed over UTF-16 units. */
export function draw(seed: number, text: string): number {
  let high = 0xdeadbeef ^ (seed >>> 0);
  let low = 0x41c6ce57 ^ Math.floor(seed / 2 ** 32);
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 2 ** 32 * ((2 ** 21 - 1) & low) + (high >>> 0);
}
