import { expect, test } from "vitest";
import { allocate } from "../allocate.ts";
import { buildGraph } from "../graph.ts";
import type { AllocationPlan } from "../plan.ts";
import { explain } from "./explain.ts";
import { explanationText } from "./text.ts";

const graph = buildGraph({
  demandIds: ["bakery", "cafe"],
  demandCapacity: [1, 1],
  supplyIds: ["ada", "bo"],
  supplyCapacity: [1, 1],
  edgeDemands: [0, 0, 1],
  edgeSupplies: [0, 1, 0],
  demandScores: [900_000, 800_000, 700_000],
  supplyScores: [0, 0, 0],
});

function text(plan: AllocationPlan, demand: number, supply: number): string {
  return explanationText(graph, explain(graph, plan, allocate(graph, plan), demand, supply));
}

test("says in words what a pair is worth, who has it, and what would have won", () => {
  expect(text({ strategy: "GREEDY" }, 1, 0)).toBe(
    "ada is not assigned to cafe: OUTBID. The pair is worth 0.700000. It went to bakery. A demand score of 0.900001 would have won.",
  );
  expect(text({ strategy: "GREEDY" }, 0, 0)).toBe(
    "ada is assigned to bakery by the strategy's choice. The pair is worth 0.900000.",
  );
  expect(text({ strategy: "GREEDY" }, 1, 1)).toBe("bo is not assigned to cafe: INELIGIBLE.");
});

test("says prices, pins and limits where there are some", () => {
  const prices =
    /is worth 0\.900000; prices are [\d.]+ for the demand, [\d.]+ for the supply: (just as much|[\d.]+ too little)\./;
  expect(text({ strategy: "OPTIMAL" }, 0, 0)).toMatch(prices);
  expect(text({ strategy: "OPTIMAL" }, 0, 0)).toContain("A demand score of 1.500001 would have won.");
  const pins = [{ demand: 0, supply: 1 }];
  expect(text({ strategy: "STABLE", limits: { pins } }, 0, 1)).toContain("because a pin says so");
  const limited: AllocationPlan = {
    strategy: "GREEDY",
    groups: [{ name: "town", side: "SUPPLY", values: ["north"], of: [0, 0] }],
    limits: { units: [{ grouping: "town", unitsMax: 0 }] },
  };
  expect(text(limited, 0, 0)).toContain(
    "Limit town north: 0 of 0 units are used. No demand score is known to win.",
  );
});
