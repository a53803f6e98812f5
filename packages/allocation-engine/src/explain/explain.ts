import { unitsOfPair } from "../assignment.ts";
import { EngineError } from "../engine-error.ts";
import { type SparseGraph, UNLIMITED } from "../graph.ts";
import { eachCap } from "../limits/caps.ts";
import { edgeOf, NO_EDGE } from "../limits/edge-of.ts";
import type { AllocationPlan, LimitUse, Solution } from "../plan.ts";
import { type Prepared, prepare } from "../strategies/prepare.ts";
import type { Explanation, NotAssignedReason, PairPrices } from "./explanation.ts";
import { toWin } from "./to-win.ts";

/** What can be left out where it costs too much. */
export interface ExplainOptions {
  /** Whether to find out what would have won: up to some twenty solves for `STABLE`, one for strategies that maximise. Default true. */
  readonly toWin?: boolean;
}

/**
 * Why a pair is, or is not, in a solution of `allocate(graph, plan)`, and what would have won.
 *
 * @param demand and `supply`: positions in the graph
 * @throws EngineError EDGE_OUT_OF_RANGE (a position beyond the graph)
 */
export function explain(
  graph: SparseGraph,
  plan: AllocationPlan,
  solution: Solution,
  demand: number,
  supply: number,
  options: ExplainOptions = {},
): Explanation {
  if (!(graph.demandCapacity[demand]! >= 0) || !(graph.supplyCapacity[supply]! >= 0)) {
    throw new EngineError("EDGE_OUT_OF_RANGE", `pair ${demand}, ${supply} is not in the graph`);
  }
  const edge = edgeOf(graph, demand, supply);
  const nothing = { outcome: "NOT_ASSIGNED", demand, supply, rivals: [], instead: [], limits: [] } as const;
  if (edge === NO_EDGE) return { ...nothing, reason: "INELIGIBLE" };
  const prepared = prepare(graph, plan);
  const prices = pricesOf(graph, prepared, solution, edge);
  const known = {
    demand,
    supply,
    edge,
    weight: (solution.weights ?? graph.demandScores)[edge]!,
    ...(prices === undefined ? {} : { prices }),
  };
  if (solution.assignment.edges.includes(edge)) {
    const because = prepared.pruned.pinned.includes(edge) ? "PINNED" : "CHOSEN";
    return { outcome: "ASSIGNED", ...known, because };
  }
  const limits = fullLimits(graph, prepared, solution, edge);
  const reason = reasonOf(graph, plan, solution, prepared, edge, limits.length > 0);
  const hopeless = reason === "EXCLUDED" || reason === "NO_CAPACITY";
  const needed = hopeless || options.toWin === false ? undefined : toWin(graph, plan, solution, edge);
  return {
    ...nothing,
    ...known,
    reason,
    rivals: reason === "OUTBID" ? rivalsOf(graph, solution, edge) : [],
    instead: Array.from(solution.assignment.edges)
      .filter((other) => graph.demands[other] === demand)
      .map((other) => graph.supplies[other]!),
    limits,
    ...(needed === undefined ? {} : { toWin: needed }),
  };
}

function reasonOf(
  graph: SparseGraph,
  plan: AllocationPlan,
  { assignment }: Solution,
  { pruned }: Prepared,
  edge: number,
  limited: boolean,
): NotAssignedReason {
  const demand = graph.demands[edge]!;
  const supply = graph.supplies[edge]!;
  if (plan.limits?.exclusions?.some((pair) => pair.demand === demand && pair.supply === supply))
    return "EXCLUDED";
  const units = unitsOfPair(graph, demand);
  if (units === 0 || graph.demandCapacity[demand] === 0 || graph.supplyCapacity[supply]! < units) {
    return "NO_CAPACITY";
  }
  if (!pruned.edges.includes(edge)) return "WORSE_THAN_OUTSIDE_OPTION";
  let used = 0;
  for (const [at, other] of assignment.edges.entries()) {
    if (graph.supplies[other] === supply) used += assignment.units[at]!;
  }
  const unlimited = graph.supplyCapacity[supply] === UNLIMITED;
  if (!unlimited && graph.supplyCapacity[supply]! - used < units) return "OUTBID";
  return limited ? "QUOTA" : "FILLED";
}

/** Demands that hold the supply, the one worth least first. */
function rivalsOf(graph: SparseGraph, { assignment, weights }: Solution, edge: number): number[] {
  const values = weights ?? graph.demandScores;
  return Array.from(assignment.edges)
    .filter((other) => graph.supplies[other] === graph.supplies[edge])
    .sort((a, b) => values[a]! - values[b]! || b - a)
    .map((other) => graph.demands[other]!);
}

/** Limits that count the edge and have no room for it. */
function fullLimits(graph: SparseGraph, { caps }: Prepared, { facts }: Solution, edge: number): LimitUse[] {
  const units = unitsOfPair(graph, graph.demands[edge]!);
  const full: LimitUse[] = [];
  eachCap(graph, caps, edge, (cap) => {
    const use = facts.limits[cap]!;
    if (use.unitsMax !== undefined && use.unitsMax - use.units < units) full.push(use);
  });
  return full;
}

function pricesOf(
  graph: SparseGraph,
  { caps }: Prepared,
  { certificate, weights }: Solution,
  edge: number,
): PairPrices | undefined {
  if (certificate === undefined || weights === undefined) return undefined;
  const units = unitsOfPair(graph, graph.demands[edge]!);
  const demand = units * certificate.demandPrices[graph.demands[edge]!]!;
  const supply = units * certificate.supplyPrices[graph.supplies[edge]!]!;
  let limits = 0;
  eachCap(graph, caps, edge, (cap) => {
    limits += units * (certificate.limitPrices?.[cap] ?? 0);
  });
  return { demand, supply, limits, surplus: weights[edge]! - demand - supply - limits };
}
