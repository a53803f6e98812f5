import { EngineError } from "../engine-error.ts";
import { demandIdOf, type SparseGraph } from "../graph.ts";

/** Throws for what no optimum can be computed of; reasons as stated at `optimal`. */
export function refuseUnsolvable(graph: SparseGraph, weights: Int32Array, gap: number): void {
  if (weights.length !== graph.supplies.length) {
    throw new EngineError(
      "COLUMN_LENGTHS_DIFFER",
      `${weights.length} weights for ${graph.supplies.length} edges`,
    );
  }
  if (!(gap >= 0 && gap < 1)) throw new EngineError("PLAN_INVALID", `gap is ${gap}; allowed: 0 to below 1`);
  refuseWholeDemands(graph);
  refuseOverflow(graph, weights);
}

function refuseWholeDemands(graph: SparseGraph): void {
  if (graph.unitMode !== "WHOLE") return;
  const demand = graph.demandCapacity.findIndex((units) => units > 1);
  if (demand < 0) return;
  throw new EngineError(
    "WHOLE_UNITS_UNSUPPORTED",
    `demand ${demandIdOf(graph, demand)} wants ${graph.demandCapacity[demand]} units as a whole`,
  );
}

/** Sums are exact below 2^53 only; every assignment is worth at most each demand's units times its best weight. */
function refuseOverflow(graph: SparseGraph, weights: Int32Array): void {
  const most = valueAtMost(graph, weights);
  if (most <= Number.MAX_SAFE_INTEGER) return;
  throw new EngineError("WEIGHT_OVERFLOW", `the total may reach ${most}, beyond 2^53`);
}

function valueAtMost({ demandCapacity, offsets }: SparseGraph, weights: Int32Array): number {
  let most = 0;
  for (let demand = 0; demand < demandCapacity.length; demand++) {
    let best = 0;
    const first = offsets[demand]!;
    const stop = offsets[demand + 1]!;
    for (let edge = first; edge < stop; edge++) {
      if (weights[edge]! > best) best = weights[edge]!;
    }
    most += best * Math.min(demandCapacity[demand]!, stop - first);
  }
  return most;
}
