import { type Assignment, assignmentOf } from "./assignment.ts";
import type { SparseGraph } from "./graph.ts";
import type { Caps } from "./limits/caps.ts";
import { certify } from "./limits/certify.ts";
import { loadPackingSolver } from "./limits/highs.ts";
import type { PackingSolver } from "./limits/packing.ts";
import { type Pruned, unitsByCap } from "./limits/prune.ts";
import type { AllocationPlan, LimitUse, Solution } from "./plan.ts";
import { decide } from "./strategies/decide.ts";
import { type Prepared, prepare } from "./strategies/prepare.ts";
import type { Answer } from "./strategies/problem.ts";

/** What `allocate` may use beside the plan. */
export interface AllocationTools {
  /** Finds the best choice where overlapping limits, or several units per pair, make it NP-hard. Absent: Lagrangian repair. */
  readonly search?: PackingSolver;
}

/**
 * The one door to all strategies: a graph and a plan in, an assignment with what is true of it out. Deterministic; equal seed, equal
 * answer. Limits hold whatever the strategy says: exclusions and pins are settled before it runs, unit limits bind it.
 *
 * @throws EngineError PLAN_INVALID, OBJECTIVE_INVALID, WEIGHT_OVERFLOW, GROUPING_INVALID, LIMIT_INVALID, COLUMN_LENGTHS_DIFFER,
 *   WHOLE_UNITS_UNSUPPORTED (`STABLE` where pairs carry several units)
 */
export function allocate(graph: SparseGraph, plan: AllocationPlan, tools: AllocationTools = {}): Solution {
  const prepared = prepare(graph, plan);
  const problem = { ...prepared.problem, ...tools };
  return solutionOf(graph, { ...prepared, problem }, decide(problem));
}

/** `allocate`, with the search for the best choice loaded where limits make the problem hard. */
export async function allocateWithSearch(graph: SparseGraph, plan: AllocationPlan): Promise<Solution> {
  return allocate(graph, plan, { search: await loadPackingSolver() });
}

function solutionOf(
  graph: SparseGraph,
  { weights, caps, pruned, problem }: Prepared,
  answer: Answer,
): Solution {
  const assignment = wholeAssignment(graph, pruned, answer.assignment);
  const values = weights ?? graph.demandScores;
  let value = 0;
  for (const edge of assignment.edges) value += values[edge]!;
  const pinnedValue = pruned.pinned.reduce((sum, edge) => sum + values[edge]!, 0);
  const certificate = certify(problem, answer, pinnedValue);
  return {
    assignment,
    ...(weights === undefined ? {} : { weights }),
    ...(certificate === undefined ? {} : { certificate }),
    facts: {
      strategy: problem.plan.strategy,
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
  return caps.list.map(({ grouping, value, unitsMax, unitsMin }, cap) => ({
    grouping,
    value,
    units: units[cap]!,
    unitsMax,
    ...(unitsMin === 0 ? {} : { unitsMin }),
  }));
}
