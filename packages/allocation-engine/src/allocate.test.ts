import fc from "fast-check";
import { expect, test } from "vitest";
import { allocate } from "./allocate.ts";
import { blockingPairs } from "./blocking-pairs.ts";
import { buildGraph, type GraphColumns } from "./graph.ts";
import type { Strategy } from "./plan.ts";
import { graphColumns, named } from "./testing/random-graph.ts";
import { verifyAssignment } from "./verify.ts";

const market: GraphColumns = {
  demandIds: ["bakery", "cafe"],
  demandCapacity: [1, 1],
  supplyIds: ["ada", "bo"],
  supplyCapacity: [1, 1],
  edgeDemands: [0, 0, 1],
  edgeSupplies: [0, 1, 0],
  demandScores: [900_000, 800_000, 700_000],
  supplyScores: [100_000, 500_000, 900_000],
};

test.each<[Strategy, string[]]>([
  ["STABLE", ["bakery>bo:1", "cafe>ada:1"]],
  ["GREEDY", ["bakery>ada:1"]],
  ["PER_DEMAND_GREEDY", ["bakery>ada:1"]],
  ["SCARCE_FIRST", ["bakery>bo:1", "cafe>ada:1"]],
])("%s gives each its own answer", (strategy, expected) => {
  const graph = buildGraph(market);
  const { assignment, facts } = allocate(graph, { strategy });
  expect(named(graph, assignment)).toEqual(expected);
  expect(facts).toMatchObject({ strategy, pairs: expected.length, units: expected.length, pinned: 0 });
});

test("without objective and limits, a plan answers as the strategy itself did", () => {
  fc.assert(
    fc.property(graphColumns(), (columns) => {
      const graph = buildGraph(columns);
      const { assignment } = allocate(graph, { strategy: "STABLE" });
      expect(verifyAssignment(graph, assignment)).toEqual([]);
      expect(blockingPairs(graph, assignment, 1)).toEqual([]);
    }),
    { seed: 5, numRuns: 100 },
  );
});

test("who has waited longest is served first, else the lower id", () => {
  const graph = buildGraph(market);
  const plan = { strategy: "PER_DEMAND_GREEDY", waiting: [60, 3600] } as const;
  expect(named(graph, allocate(graph, plan).assignment)).toEqual(["bakery>bo:1", "cafe>ada:1"]);
});

test("a pin is in, an exclusion is out, a pin that cannot be is reported", () => {
  const graph = buildGraph(market);
  const { assignment, facts } = allocate(graph, {
    strategy: "GREEDY",
    limits: {
      pins: [
        { demand: 1, supply: 0 },
        { demand: 0, supply: 0 },
        { demand: 1, supply: 1 },
      ],
      exclusions: [{ demand: 0, supply: 1 }],
    },
  });
  expect(named(graph, assignment)).toEqual(["bakery>ada:1"]);
  expect(facts.pinned).toBe(1);
  expect(facts.refusedPins).toEqual([
    { demand: 1, supply: 0, reason: "NO_CAPACITY" },
    { demand: 1, supply: 1, reason: "INELIGIBLE" },
  ]);
});
