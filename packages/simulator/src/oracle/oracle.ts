import { demandIdOf, type SparseGraph, supplyIdOf } from "@marketmesh/allocation-engine";
import { absorb, finish, START } from "./draw.ts";

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
  return {
    answer(demand, supply) {
      const drawn = finish(absorb(absorb(seeded, supplyIdOf(graph, supply)), demandIdOf(graph, demand)));
      return drawn < probabilityOf(demand);
    },
  };
}
