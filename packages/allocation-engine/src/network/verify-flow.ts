import type { Flow, Network } from "./network.ts";

/** One way in which a flow is not a flow of least cost. */
export type FlowViolation =
  | { readonly reason: "COLUMN_LENGTHS_DIFFER" }
  | { readonly reason: "FLOW_NOT_INTEGER"; readonly arc: number; readonly flow: number }
  | { readonly reason: "BOUND_BROKEN"; readonly arc: number; readonly flow: number }
  | { readonly reason: "BALANCE_BROKEN"; readonly node: number; readonly missing: number }
  | { readonly reason: "POTENTIAL_NOT_INTEGER"; readonly node: number; readonly potential: number }
  | { readonly reason: "REDUCED_COST_BROKEN"; readonly arc: number; readonly reducedCost: number }
  | { readonly reason: "COST_WRONG"; readonly cost: number; readonly expected: number };

/**
 * Checks a flow against its network without knowing how it was made: whole units within the bounds of every arc, supplies
 * and demands met, and every arc at the end of its range that its reduced cost asks for (complementary slackness), which
 * proves that no flow is cheaper. At most `limit` violations; empty: it holds.
 */
export function verifyFlow(
  network: Network,
  result: Pick<Flow, "flow" | "potentials" | "cost">,
  limit = 10,
): FlowViolation[] {
  const { supplies, tails, heads, upper, lower, costs } = network;
  const { flow, potentials } = result;
  if (flow.length !== tails.length || potentials.length !== supplies.length) {
    return [{ reason: "COLUMN_LENGTHS_DIFFER" }];
  }
  const violations: FlowViolation[] = [];
  const missing = Float64Array.from(supplies);
  let expected = 0;
  for (let arc = 0; arc < flow.length && violations.length < limit; arc++) {
    const units = flow[arc]!;
    const least = lower?.[arc] ?? 0;
    if (!Number.isSafeInteger(units)) violations.push({ reason: "FLOW_NOT_INTEGER", arc, flow: units });
    if (units < least || units > upper[arc]!) violations.push({ reason: "BOUND_BROKEN", arc, flow: units });
    const reducedCost = costs[arc]! + potentials[tails[arc]!]! - potentials[heads[arc]!]!;
    if ((reducedCost < 0 && units < upper[arc]!) || (reducedCost > 0 && units > least)) {
      violations.push({ reason: "REDUCED_COST_BROKEN", arc, reducedCost });
    }
    missing[tails[arc]!]! -= units;
    missing[heads[arc]!]! += units;
    expected += units * costs[arc]!;
  }
  for (let node = 0; node < missing.length && violations.length < limit; node++) {
    if (missing[node] !== 0) violations.push({ reason: "BALANCE_BROKEN", node, missing: missing[node]! });
    const potential = potentials[node]!;
    if (!Number.isSafeInteger(potential))
      violations.push({ reason: "POTENTIAL_NOT_INTEGER", node, potential });
  }
  if (violations.length < limit && result.cost !== expected) {
    violations.push({ reason: "COST_WRONG", cost: result.cost, expected });
  }
  return violations;
}
