import { allocate } from "../allocate.ts";
import { type Assignment, assignmentOf } from "../assignment.ts";
import type { SparseGraph } from "../graph.ts";
import type { AllocationPlan, Solution } from "../plan.ts";
import { type Prepared, prepare } from "../strategies/prepare.ts";
import type { ToWin } from "./explanation.ts";
import { scoreOfWeight, withScore } from "./score-of-weight.ts";
import { stableToWin } from "./stable-to-win.ts";
import { marginalTake, takesOf } from "./takes.ts";

/**
 * What an unassigned edge would have needed; undefined where nothing would have helped, or where it is not known.
 *
 * - Strategies that take pairs one after the other: to come before the last take that still left room for it.
 * - Strategies that maximise: its weight plus what the whole loses when the pair is forced in, by one more solve; only where both
 *   solutions are exact and no share was enforced.
 * - `STABLE`: the lowest rank on the demand's own list with which it is kept, by solving again at some ranks.
 */
export function toWin(
  graph: SparseGraph,
  plan: AllocationPlan,
  solution: Solution,
  edge: number,
): ToWin | undefined {
  const prepared = prepare(graph, plan);
  const local = prepared.pruned.edges.indexOf(edge);
  if (local < 0) return onceWanted(graph, plan, prepared, edge);
  if (plan.strategy === "STABLE") return stableToWin(graph, plan, prepared, edge);
  const takes = takesOf(prepared.problem, localAssignment(prepared, solution));
  if (takes === undefined) return ofBest(graph, plan, solution, edge);
  const beaten = marginalTake(prepared.problem, takes, local);
  if (beaten === undefined) return undefined;
  const weight = takes.scores[beaten]! + (local < beaten ? 0 : 1);
  return statedToWin(graph, plan, prepared.weights, edge, weight, false);
}

/** An edge that nobody wants yet: the least score with which it is wanted, and from there what it needs. */
function onceWanted(
  graph: SparseGraph,
  plan: AllocationPlan,
  { weights }: Prepared,
  edge: number,
): ToWin | undefined {
  const needed = weights === undefined ? wantedScore(graph, plan, edge) : 1;
  if (needed === undefined) return undefined;
  const score = scoreOfWeight(graph, plan, weights, edge, needed);
  if (score === undefined || score <= graph.demandScores[edge]!) return undefined;
  const wanted = withScore(graph, edge, score);
  if (!prepare(wanted, plan).pruned.edges.includes(edge)) return undefined;
  const solution = allocate(wanted, plan);
  if (solution.assignment.edges.includes(edge)) return { weight: needed, score, tieBelow: false };
  return toWin(wanted, plan, solution, edge);
}

/** By scores: the demand must like it more than its outside option; that the supply does not, no demand's score mends. */
function wantedScore(graph: SparseGraph, { outside }: AllocationPlan, edge: number): number | undefined {
  const ofSupply = outside?.supply?.[graph.supplies[edge]!];
  if (ofSupply !== undefined && graph.supplyScores[edge]! <= ofSupply) return undefined;
  const ofDemand = outside?.demand?.[graph.demands[edge]!];
  return ofDemand === undefined ? undefined : ofDemand + 1;
}

function ofBest(
  graph: SparseGraph,
  plan: AllocationPlan,
  { facts, certificate, weights }: Solution,
  edge: number,
): ToWin | undefined {
  if (certificate?.exact !== true || certificate.granted !== undefined) return undefined;
  const pin = { demand: graph.demands[edge]!, supply: graph.supplies[edge]! };
  const pins = [...(plan.limits?.pins ?? []), pin];
  const forced = allocate(graph, { ...plan, limits: { ...plan.limits, pins } });
  const fits = forced.facts.pinned === facts.pinned + 1;
  if (!fits || forced.certificate?.exact !== true || forced.certificate.granted !== undefined)
    return undefined;
  const weight = weights![edge]! + facts.value - forced.facts.value + 1;
  return statedToWin(graph, plan, weights, edge, weight, true);
}

function statedToWin(
  graph: SparseGraph,
  plan: AllocationPlan,
  weights: Int32Array | undefined,
  edge: number,
  weight: number,
  tieBelow: boolean,
): ToWin {
  const score = scoreOfWeight(graph, plan, weights, edge, weight);
  return { weight, ...(score === undefined ? {} : { score }), tieBelow };
}

/** The solution in edges of the pruned problem, without pins. */
function localAssignment({ problem, pruned }: Prepared, { assignment }: Solution): Assignment {
  const chosen = new Uint8Array(pruned.edges.length);
  const given = new Set(assignment.edges);
  for (const [local, edge] of pruned.edges.entries()) if (given.has(edge)) chosen[local] = 1;
  return assignmentOf(problem.graph, chosen, 0);
}
