import { demandIdOf, type SparseGraph, supplyIdOf } from "@marketmesh/allocation-engine";
import { absorb, absorbBytes, bytesOf, finish, START } from "./draw.ts";

/**
 * Who knows the answers. It is asked about one offer at a time and says yes or no, nothing else: a strategy that gets answers
 * only through an oracle cannot know the probability behind them.
 */
export interface Oracle {
  /** The answer to an offer of `supply` to `demand` (positions in the graph) made in `wave`. Asked once per pair. */
  answer(demand: number, supply: number, wave: number): boolean;
}

/**
 * Answers that belong to the pair: U = draw(seed, supply id, demand id) in [0, 1), accepted if and only if U < p. When and how
 * often one asks changes nothing.
 *
 * @param accepts the probability p, one for all or by demand
 */
export function pairOracle(
  graph: SparseGraph,
  seed: number,
  accepts: number | ((demand: number) => number),
): Oracle {
  const seeded = absorb(START, seed);
  const probabilityOf = typeof accepts === "number" ? () => accepts : accepts;
  // What the ids come to is kept: a clairvoyant asks about millions of pairs.
  const supplyStates: number[] = [];
  const demandBytes: Uint8Array[] = [];
  return {
    answer(demand, supply) {
      supplyStates[supply] ??= absorb(seeded, supplyIdOf(graph, supply));
      demandBytes[demand] ??= bytesOf(demandIdOf(graph, demand));
      const drawn = finish(absorbBytes(supplyStates[supply], demandBytes[demand]));
      return drawn < probabilityOf(demand);
    },
  };
}
