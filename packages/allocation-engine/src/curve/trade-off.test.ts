import { expect, test } from "vitest";
import { buildGraph } from "../graph.ts";
import { tradeOff } from "./trade-off.ts";

const graph = buildGraph({
  demandIds: ["bakery", "cafe"],
  demandCapacity: [1, 3],
  supplyIds: ["ada", "bo", "cy"],
  supplyCapacity: [1, 1, 1],
  edgeDemands: [0, 0, 1],
  edgeSupplies: [0, 1, 0],
  demandScores: [900_000, 800_000, 700_000],
  supplyScores: [100_000, 500_000, 900_000],
});

test("measures every variant the same way, in the order given", () => {
  const [greedy, optimal, filling] = tradeOff(
    graph,
    [
      { name: "greedy", plan: { strategy: "GREEDY" } },
      { name: "optimal", plan: { strategy: "OPTIMAL" } },
      {
        name: "supply only",
        plan: { strategy: "OPTIMAL", objective: { demandQuality: 0, supplyQuality: 1_000_000 } },
      },
    ],
    {
      waiting: [60, 120],
      groups: [{ name: "level", side: "SUPPLY", values: ["junior", "senior", "none"], of: [0, 1, 1] }],
    },
  );
  expect(greedy).toMatchObject({
    name: "greedy",
    fill: 0.25,
    meanQuality: 900_000,
    value: 900_000,
    meanWaitSeconds: 60,
    // Ada would rather be at the cafe, which has room.
    blockingPairs: 1,
  });
  expect(greedy!.fairness[0]!.groups).toEqual([
    { value: "junior", eligible: 1, selected: 1, selectionRate: 1, exposureShare: 1 },
    { value: "senior", eligible: 1, selected: 0, selectionRate: 0, exposureShare: 0 },
    { value: "none", eligible: 0, selected: 0, selectionRate: 0, exposureShare: 0 },
  ]);
  expect(greedy!.fairness[0]!.selectionRateRatio).toBe(0);
  expect(optimal).toMatchObject({ fill: 0.5, value: 1_500_000, meanQuality: 750_000, meanWaitSeconds: 90 });
  expect(optimal).toMatchObject({ blockingPairs: 0, fairness: [{ selectionRateRatio: 1 }] });
  expect(filling!.solution.facts.value).toBe(1_400_000);
});

test("nothing given is no quality, no wait, and fair", () => {
  const none = { name: "none", plan: { strategy: "GREEDY", limits: { exclusions: allPairs() } } } as const;
  const [point] = tradeOff(graph, [none], {
    groups: [{ name: "level", side: "DEMAND", values: ["a"], of: [0, 0] }],
    waiting: [1, 1],
    blockingPairsMax: 1,
  });
  expect(point).toMatchObject({ fill: 0, meanQuality: 0, value: 0, meanWaitSeconds: 0, blockingPairs: 1 });
  expect(point!.fairness[0]!.selectionRateRatio).toBe(1);
});

function allPairs() {
  return [0, 1].flatMap((demand) => [0, 1, 2].map((supply) => ({ demand, supply })));
}
