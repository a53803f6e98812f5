import { expect, test } from "vitest";
import { minCostFlow } from "./min-cost-flow.ts";
import type { Flow, Network } from "./network.ts";
import { verifyFlow } from "./verify-flow.ts";

const network: Network = {
  supplies: [2, 0, -2],
  tails: [0, 0, 1],
  heads: [1, 2, 2],
  upper: [2, 2, 1],
  costs: [1, 3, 1],
};
const right = minCostFlow(network);

const broken: [string, Partial<Flow>][] = [
  ["COLUMN_LENGTHS_DIFFER", { flow: Float64Array.of(1, 1) }],
  ["FLOW_NOT_INTEGER", { flow: Float64Array.of(1.5, 0.5, 1.5) }],
  ["BOUND_BROKEN", { flow: Float64Array.of(2, 0, 2) }],
  ["BALANCE_BROKEN", { flow: Float64Array.of(1, 0, 1) }],
  ["REDUCED_COST_BROKEN", { flow: Float64Array.of(0, 2, 0), cost: 6 }],
  ["REDUCED_COST_BROKEN", { potentials: Float64Array.of(0, 0, 0) }],
  ["POTENTIAL_NOT_INTEGER", { potentials: right.potentials.map((value) => value + 0.5) }],
  ["COST_WRONG", { cost: right.cost + 1 }],
];

test("a right answer has no violation", () => {
  expect(verifyFlow(network, right)).toEqual([]);
});

test.each(broken)("finds %s", (reason, change) => {
  expect(verifyFlow(network, { ...right, ...change }).map((violation) => violation.reason)).toContain(reason);
});

test("says no more than it was asked for", () => {
  expect(verifyFlow(network, { ...right, flow: Float64Array.of(9, 9, 9) }, 2)).toHaveLength(2);
});
