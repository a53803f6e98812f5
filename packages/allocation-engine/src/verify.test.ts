import { expect, test } from "vitest";
import { blockingPairs } from "./blocking-pairs.ts";
import { buildGraph } from "./graph.ts";
import { verifyAssignment } from "./verify.ts";

const graph = buildGraph({
  demandIds: ["x", "y"],
  demandCapacity: [1, 2],
  supplyIds: ["a", "b"],
  supplyCapacity: [1, 1],
  edgeDemands: [0, 0, 1, 1],
  edgeSupplies: [0, 1, 0, 1],
  demandScores: [4, 3, 2, 1],
  supplyScores: [1, 2, 3, 4],
});

function assigned(edges: number[], units = edges.map(() => 1)) {
  return { edges: Uint32Array.from(edges), units: Int32Array.from(units), proposals: 0 };
}

test("accepts what keeps the capacities", () => {
  expect(verifyAssignment(graph, assigned([]))).toEqual([]);
  expect(verifyAssignment(graph, assigned([0, 3]))).toEqual([]);
});

test.each([
  ["both columns must be as long", assigned([0], []), ["COLUMN_LENGTHS_DIFFER"]],
  ["an edge that the graph lacks", assigned([4]), ["EDGE_UNKNOWN"]],
  ["an edge twice", assigned([3, 3]), ["EDGE_REPEATED", "SUPPLY_EXCEEDED"]],
  ["edges out of order", assigned([3, 0]), ["EDGE_OUT_OF_ORDER"]],
  ["two units on a pair that carries one", assigned([3], [2]), ["UNITS_WRONG", "SUPPLY_EXCEEDED"]],
  ["no unit", assigned([3], [0]), ["UNITS_WRONG"]],
  ["a demand over its capacity", assigned([0, 1]), ["DEMAND_EXCEEDED"]],
  ["a supply over its capacity", assigned([0, 2]), ["SUPPLY_EXCEEDED"]],
])("finds %s", (_, assignment, reasons) => {
  expect(verifyAssignment(graph, assignment).map((violation) => violation.reason)).toEqual(reasons);
});

test("says who is over by how much", () => {
  expect(verifyAssignment(graph, assigned([0, 2]))).toEqual([
    { reason: "SUPPLY_EXCEEDED", supplyId: "a", units: 2, capacity: 1 },
  ]);
});

test("finds every blocking pair, up to the limit", () => {
  const names = (pairs: readonly { demandId: string; supplyId: string }[]) =>
    pairs.map(({ demandId, supplyId }) => demandId + supplyId);
  expect(names(blockingPairs(graph, assigned([]), 10))).toEqual(["xa", "xb", "ya", "yb"]);
  expect(names(blockingPairs(graph, assigned([]), 2))).toEqual(["xa", "xb"]);
  expect(names(blockingPairs(graph, assigned([0]), 10))).toEqual(["ya", "yb"]);
  expect(names(blockingPairs(graph, assigned([2, 3]), 10))).toEqual([]);
});

test("counts the room that a whole quantity needs", () => {
  const whole = { ...graph, unitMode: "WHOLE" as const, supplyCapacity: Int32Array.of(2, 1) };
  // a holds x (1 of 2 units) and would drop it for y's two; b never has room for two.
  expect(blockingPairs(whole, assigned([0]), 10)).toMatchObject([{ demandId: "y", supplyId: "a" }]);
});
