import { EngineError } from "../engine-error.ts";
import type { SparseGraph } from "../graph.ts";

/**
 * All demands, who has waited longest first; equal waits, or nobody's wait known: lower id first.
 *
 * @throws EngineError COLUMN_LENGTHS_DIFFER, PLAN_INVALID (a wait that is NaN or below 0)
 */
export function waitingOrder(graph: SparseGraph, waiting: ArrayLike<number> | undefined): Uint32Array {
  const order = Uint32Array.from(graph.demandCapacity.keys());
  if (waiting === undefined) return order;
  if (waiting.length !== order.length) {
    throw new EngineError(
      "COLUMN_LENGTHS_DIFFER",
      `waiting has ${waiting.length} entries, there are ${order.length} demands`,
    );
  }
  for (const demand of order) {
    if (waiting[demand]! >= 0) continue;
    throw new EngineError("PLAN_INVALID", `demand ${demand} has waited ${waiting[demand]} s`);
  }
  return order.sort((a, b) => waiting[b]! - waiting[a]! || a - b);
}
