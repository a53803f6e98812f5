import { unitsOfPair } from "../assignment.ts";
import { UNLIMITED } from "../graph.ts";
import type { SolutionCertificate } from "../plan.ts";
import type { Answer, Prices, Problem } from "../strategies/problem.ts";
import { eachCap } from "./caps.ts";

/** Prices may be fractions; the sums of many of them err by less than this, and weights are integers. */
const ROUNDING = 1e-3;

/**
 * What an answer's prices prove: by weak duality nothing is worth more than what all units cost at their prices, plus what each pair
 * is worth above the prices of its units.
 *
 * @param pinnedValue what pins are worth, which every assignment has
 */
export function certify(
  problem: Problem,
  answer: Answer,
  pinnedValue: number,
): SolutionCertificate | undefined {
  const { prices, granted, searchBound, assignment } = answer;
  if (prices === undefined) return undefined;
  let primal = pinnedValue;
  for (const edge of assignment.edges) primal += problem.weights[edge]!;
  const dual = Math.max(primal, Math.floor(pinnedValue + boundOf(problem, prices, granted) + ROUNDING));
  const { demandPrices, supplyPrices, limitPrices } = prices;
  return {
    primal,
    dual,
    gap: dual === primal ? 0 : (dual - primal) / dual,
    exact: dual === primal,
    demandPrices,
    supplyPrices,
    ...(problem.caps.list.length === 0 ? {} : { limitPrices }),
    ...(granted === undefined ? {} : { granted }),
    ...(searchBound === undefined ? {} : { searchBound: pinnedValue + searchBound }),
  };
}

function boundOf(
  { graph, caps, weights }: Problem,
  { demandPrices, supplyPrices, limitPrices }: Prices,
  granted: ArrayLike<number> | undefined,
): number {
  let bound = 0;
  for (let demand = 0; demand < graph.demandCapacity.length; demand++) {
    bound += graph.demandCapacity[demand]! * demandPrices[demand]!;
  }
  for (let supply = 0; supply < graph.supplyCapacity.length; supply++) {
    if (graph.supplyCapacity[supply] !== UNLIMITED)
      bound += graph.supplyCapacity[supply]! * supplyPrices[supply]!;
  }
  for (const [cap, { unitsMax }] of caps.list.entries()) {
    const price = limitPrices[cap]!;
    bound += price * (price < 0 ? (granted?.[cap] ?? 0) : unitsMax);
  }
  for (let edge = 0; edge < weights.length; edge++) {
    let price = demandPrices[graph.demands[edge]!]! + supplyPrices[graph.supplies[edge]!]!;
    eachCap(graph, caps, edge, (cap) => {
      price += limitPrices[cap]!;
    });
    const above = weights[edge]! - Math.max(1, unitsOfPair(graph, graph.demands[edge]!)) * price;
    if (above > 0) bound += above;
  }
  return bound;
}
