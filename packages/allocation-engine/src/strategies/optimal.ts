import { type Assignment, assignmentOf } from "../assignment.ts";
import type { SparseGraph } from "../graph.ts";
import { lagrangianRepair } from "../limits/lagrange.ts";
import { flowCounts, limitedFlow } from "../limits/limited-flow.ts";
import { packingOf } from "../limits/packing.ts";
import { unitsByCap } from "../limits/prune.ts";
import { relaxedLimits } from "../limits/relaxed-limits.ts";
import { optimal as bestAssignment } from "../optimal/optimal.ts";
import type { Answer, Problem } from "./problem.ts";

/** Columns up to which a search for the very best choice is tried. */
const SEARCH_MAX = 20_000;

/**
 * The greatest weight. Single units: the auction of `optimal`, whose answer stands where it happens to keep the limits; else, with
 * limits that are nested or apart, a flow, exact as well. Overlapping limits or several units per pair make it NP-hard: the given
 * search for small graphs, else Lagrangian repair with a proven gap.
 */
export function optimal(problem: Problem): Answer {
  const { graph, caps, weights, plan, search } = problem;
  if (isSingle(graph)) {
    const free = unlimited(problem, plan.gap ?? 0);
    if (keepsLimits(problem, free)) return free;
    if (flowCounts(caps)) {
      const { edges, prices } = limitedFlow(graph, weights, caps);
      return { assignment: chosen(graph, edges), method: "min-cost flow", prices };
    }
    if (search === undefined || weights.length > SEARCH_MAX) return relaxedLimits(problem);
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

/** Whether every pair carries one unit. */
export function isSingle(graph: SparseGraph): boolean {
  return graph.unitMode === "SPREAD" || graph.demandCapacity.every((units) => units <= 1);
}

/** The best assignment as if there were no limits: one that keeps them is the best under them too, and they cost nothing. */
export function unlimited({ graph, weights, caps }: Problem, gap: number): Answer {
  const { assignment, certificate } = bestAssignment(graph, weights, { gap });
  const { demandPrices, supplyPrices } = certificate;
  const limitPrices = new Float64Array(caps.list.length);
  return { assignment, method: "auction", prices: { demandPrices, supplyPrices, limitPrices } };
}

/** Whether no cap is exceeded and every share is granted. */
export function keepsLimits({ graph, caps }: Problem, { assignment }: Answer): boolean {
  const units = unitsByCap(graph, caps, assignment.edges);
  return caps.list.every(({ unitsMax, unitsMin }, cap) => units[cap]! <= unitsMax && units[cap]! >= unitsMin);
}

/** Marks of chosen edges as an assignment. */
export function chosen(graph: SparseGraph, edges: Uint32Array): Assignment {
  const marks = new Uint8Array(graph.supplies.length);
  for (const edge of edges) marks[edge] = 1;
  return assignmentOf(graph, marks, 0);
}
