import { type Assignment, assignmentOf } from "../assignment.ts";
import type { SparseGraph } from "../graph.ts";
import { type Certificate, certify } from "./certificate.ts";
import { bestMissed, makeExact, settle } from "./exact.ts";
import { type Market, openMarket, type Side } from "./market.ts";
import { refuseUnsolvable } from "./refuse.ts";
import { warmStart } from "./warm-start.ts";

export interface OptimalOptions {
  /** Share of the value that may be lost at most, proven; default 0, which goes on to the exact optimum. */
  readonly gap?: number;
}

/** An assignment and the proof of how good it is. */
export interface CertifiedSolution {
  readonly assignment: Assignment;
  readonly certificate: Certificate;
}

/**
 * The assignment of the greatest total weight, or one proven to be within a share `gap` of it: maximum-weight b-matching where staying
 * unassigned is worth 0. An edge whose weight is not above 0 is never chosen.
 *
 * Method: forward auction by the side with fewer units, then, where exactness is asked for or the auction's own proof falls short, shortest augmenting
 * paths from the units whose complementary slackness is violated. Deterministic; of several optima which one is found depends on
 * positions only.
 *
 * @param weights by edge
 * @throws EngineError COLUMN_LENGTHS_DIFFER, WHOLE_UNITS_UNSUPPORTED (demands of several units that want all or none),
 *   PLAN_INVALID (a gap out of range), WEIGHT_OVERFLOW (the total could
 *   pass 2^53)
 */
export function optimal(
  graph: SparseGraph,
  weights: Int32Array,
  options: OptimalOptions = {},
): CertifiedSolution {
  const gap = options.gap ?? 0;
  refuseUnsolvable(graph, weights, gap);
  const market = openMarket(graph, weights);
  const { looks, near, far } = warmStart(market, gap);
  if (gap > 0) {
    for (let node = 0; node < near.count; node++) near.price[node] = bestMissed(market, near, far, node);
    const approximate = solutionOf(graph, market, looks);
    if (approximate.certificate.gap <= gap) return approximate;
  }
  return solutionOf(graph, market, looks + finish(market, near, far));
}

/** The market of a graph at its exact optimum. Errors as `optimal`. */
export function exactMarket(graph: SparseGraph, weights: Int32Array): Market {
  refuseUnsolvable(graph, weights, 0);
  const market = openMarket(graph, weights);
  const { near, far } = warmStart(market, 0);
  finish(market, near, far);
  return market;
}

function finish(market: Market, near: Side, far: Side): number {
  for (let node = 0; node < near.count; node++) settle(market, near, far, node);
  return makeExact(market);
}

function solutionOf(graph: SparseGraph, market: Market, work: number): CertifiedSolution {
  const assignment = assignmentOf(graph, market.held, work);
  const demandPrices = Int32Array.from(market.demand.price);
  const supplyPrices = Int32Array.from(market.supply.price);
  const certificate = certify(graph, market.weights, assignment.edges, demandPrices, supplyPrices);
  return { assignment, certificate };
}
