import { type Assignment, assignmentOf } from "../assignment.ts";
import { lagrangianRepair } from "../limits/lagrange.ts";
import { flowCounts, limitedFlow } from "../limits/limited-flow.ts";
import { packingOf } from "../limits/packing.ts";
import { optimal as bestAssignment } from "../optimal/optimal.ts";
import type { Answer, Problem } from "./problem.ts";

/** Columns up to which a search for the very best choice is tried. */
const SEARCH_MAX = 20_000;

/**
 * The greatest weight. Single units without limits: the auction of `optimal`. With limits that are nested or apart: exact, a flow. Overlapping limits or several units per pair
 * make it NP-hard: the given search for small graphs, else Lagrangian repair with a proven gap.
 */
export function optimal({ graph, caps, weights, plan, search }: Problem): Answer {
  const single = graph.unitMode === "SPREAD" || graph.demandCapacity.every((units) => units <= 1);
  if (single && caps.list.length === 0) return unlimited(graph, weights, plan.gap ?? 0);
  if (single && flowCounts(caps)) {
    const { edges, prices } = limitedFlow(graph, weights, caps);
    return { assignment: chosen(graph, edges), method: "min-cost flow", prices };
  }
  const packing = packingOf(graph, weights, caps);
  const solve = search !== undefined && weights.length <= SEARCH_MAX ? search : lagrangianRepair;
  const { taken, prices, method, searchBound } = solve(packing);
  const demands = graph.demandCapacity.length;
  const limitsAt = demands + graph.supplyCapacity.length;
  return {
    assignment: assignmentOf(graph, taken, 0),
    method,
    prices: {
      demandPrices: prices.subarray(0, demands),
      supplyPrices: prices.subarray(demands, limitsAt),
      limitPrices: prices.subarray(limitsAt),
    },
    ...(searchBound === undefined ? {} : { searchBound }),
  };
}

function unlimited(graph: Problem["graph"], weights: Int32Array, gap: number): Answer {
  const { assignment, certificate } = bestAssignment(graph, weights, { gap });
  const { demandPrices, supplyPrices } = certificate;
  return { assignment, method: "auction", prices: { demandPrices, supplyPrices, limitPrices: [] } };
}

function chosen(graph: Problem["graph"], edges: Uint32Array): Assignment {
  const marks = new Uint8Array(graph.supplies.length);
  for (const edge of edges) marks[edge] = 1;
  return assignmentOf(graph, marks, 0);
}
