import { type Assignment, assignmentOf } from "./assignment.ts";
import { EngineError } from "./engine-error.ts";
import type { SparseGraph } from "./graph.ts";
import { refuseBadGroupings } from "./groups.ts";
import { type Caps, compileCaps } from "./limits/caps.ts";
import { type Pruned, prune, unitsByCap } from "./limits/prune.ts";
import type { AllocationPlan, LimitUse, Solution } from "./plan.ts";
import { decide } from "./strategies/decide.ts";
import type { Answer, Problem } from "./strategies/problem.ts";
import { unwantedEdges, weightsOf } from "./strategies/worth.ts";

/**
 * The one door to all strategies: a graph and a plan in, an assignment with what is true of it out. Deterministic; equal seed, equal
 * answer. Limits hold whatever the strategy says: exclusions and pins are settled before it runs, unit limits bind it.
 *
 * @throws EngineError PLAN_INVALID, OBJECTIVE_INVALID, WEIGHT_OVERFLOW, GROUPING_INVALID, LIMIT_INVALID, COLUMN_LENGTHS_DIFFER,
 *   WHOLE_UNITS_UNSUPPORTED (`STABLE` where pairs carry several units)
 */
export function allocate(graph: SparseGraph, plan: AllocationPlan): Solution {
  refuseBadPlan(graph, plan);
  const weights = weightsOf(graph, plan);
  const caps = compileCaps(graph, plan.limits?.units, plan.groups);
  const unwanted = unwantedEdges(graph, plan, weights);
  const pruned = prune(graph, caps, unwanted, plan.limits?.exclusions, plan.limits?.pins);
  const answer = decide(problemOf(graph, plan, weights, pruned));
  return solutionOf(graph, plan, weights, caps, pruned, answer);
}

function refuseBadPlan(graph: SparseGraph, plan: AllocationPlan): void {
  if (plan.seed !== undefined && !Number.isSafeInteger(plan.seed)) {
    throw new EngineError("PLAN_INVALID", `seed is ${plan.seed}, not a safe integer`);
  }
  refuseBadGroupings(graph, plan.groups);
}

function problemOf(
  graph: SparseGraph,
  plan: AllocationPlan,
  weights: Int32Array | undefined,
  pruned: Pruned,
): Problem {
  const whole = weights ?? graph.demandScores;
  const kept = pruned.graph === graph ? whole : Int32Array.from(pruned.edges, (edge) => whole[edge]!);
  return { graph: pruned.graph, caps: pruned.caps, weights: kept, edges: pruned.edges, plan };
}

function solutionOf(
  graph: SparseGraph,
  plan: AllocationPlan,
  weights: Int32Array | undefined,
  caps: Caps,
  pruned: Pruned,
  answer: Answer,
): Solution {
  const assignment = wholeAssignment(graph, pruned, answer.assignment);
  const values = weights ?? graph.demandScores;
  let value = 0;
  for (const edge of assignment.edges) value += values[edge]!;
  return {
    assignment,
    ...(weights === undefined ? {} : { weights }),
    facts: {
      strategy: plan.strategy,
      method: answer.method,
      pairs: assignment.edges.length,
      units: assignment.units.reduce((sum, units) => sum + units, 0),
      value,
      pinned: pruned.pinned.length,
      refusedPins: pruned.refusedPins,
      limits: limitUses(graph, caps, assignment),
    },
  };
}

/** Edges of the pruned graph as edges of the whole one, with the pins. */
function wholeAssignment(graph: SparseGraph, pruned: Pruned, { edges, ...rest }: Assignment): Assignment {
  if (pruned.graph === graph) return { edges, ...rest };
  const chosen = new Uint8Array(graph.supplies.length);
  for (const edge of pruned.pinned) chosen[edge] = 1;
  for (const edge of edges) chosen[pruned.edges[edge]!] = 1;
  return assignmentOf(graph, chosen, rest.proposals);
}

function limitUses(graph: SparseGraph, caps: Caps, assignment: Assignment): LimitUse[] {
  const units = unitsByCap(graph, caps, assignment.edges);
  return caps.list.map(({ grouping, value, unitsMax }, cap) => ({
    grouping,
    value,
    units: units[cap]!,
    unitsMax,
  }));
}
