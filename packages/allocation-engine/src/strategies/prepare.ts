import { refuseWholeUnits } from "../deferred-acceptance.ts";
import { EngineError } from "../engine-error.ts";
import type { SparseGraph } from "../graph.ts";
import { refuseBadGroupings } from "../groups.ts";
import { type Caps, compileCaps, type StatedCap } from "../limits/caps.ts";
import { type Pruned, prune } from "../limits/prune.ts";
import type { AllocationPlan } from "../plan.ts";
import type { Problem } from "./problem.ts";
import { unwantedEdges, weightsOf } from "./worth.ts";

/** A plan checked and brought to what is left to decide. */
export interface Prepared {
  /** By edge of the whole graph; absent where the strategy goes by scores. */
  readonly weights: Int32Array | undefined;
  /** As stated, before pins. */
  readonly caps: Caps;
  readonly pruned: Pruned;
  readonly problem: Problem;
}

/** What `allocate` decides; the same steps serve explanations. */
export function prepare(graph: SparseGraph, plan: AllocationPlan): Prepared {
  refuseBadPlan(graph, plan);
  const weights = weightsOf(graph, plan);
  const caps = compileCaps(graph, statedCaps(graph, plan), plan.groups);
  const unwanted = unwantedEdges(graph, plan, weights);
  const pruned = prune(graph, caps, unwanted, plan.limits?.exclusions, plan.limits?.pins);
  return { weights, caps, pruned, problem: problemOf(graph, plan, weights, pruned) };
}

/** Unit limits, then the shares of `FAIR`. */
function statedCaps(graph: SparseGraph, { strategy, limits, shares = [] }: AllocationPlan): StatedCap[] {
  const stated = limits?.units ?? [];
  if (strategy !== "FAIR") return [...stated];
  let most = 0;
  for (const units of graph.demandCapacity) most += units;
  const granted = shares.map((share) => {
    const unitsMax = share.unitsMax ?? Math.max(most, share.unitsMin ?? 0);
    return { ...share, unitsMax };
  });
  return [...stated, ...granted];
}

function refuseBadPlan(graph: SparseGraph, plan: AllocationPlan): void {
  if (plan.seed !== undefined && !Number.isSafeInteger(plan.seed)) {
    throw new EngineError("PLAN_INVALID", `seed is ${plan.seed}, not a safe integer`);
  }
  if (plan.strategy === "STABLE") refuseWholeUnits(graph);
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
