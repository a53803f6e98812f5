import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocate } from "../allocate.ts";
import { buildGraph } from "../graph.ts";
import type { AllocationPlan } from "../plan.ts";
import { strategies } from "../plan.ts";
import { graphColumns } from "../testing/random-graph.ts";
import { planFor } from "../testing/random-plan.ts";
import { explain } from "./explain.ts";
import { scoreOfWeight, withScore } from "./score-of-weight.ts";

describe.each(strategies)("%s", (strategy) => {
  test("every pair has its reason; with the score to win it wins, with less it loses", () => {
    let won = 0;
    fc.assert(
      fc.property(
        graphColumns({ sideMax: 4, scoreMax: 9 }).chain((columns) =>
          fc.tuple(
            fc.constant(buildGraph(columns)),
            planFor(buildGraph(columns), strategy, true),
            fc.boolean(),
          ),
        ),
        ([graph, limited, free]) => {
          const plan = free ? { ...limited, limits: {} } : limited;
          const solution = allocate(graph, plan);
          for (const demand of graph.demandIds.keys()) {
            for (const supply of graph.supplyIds.keys()) {
              const why = explain(graph, plan, solution, demand, supply);
              if (why.outcome === "ASSIGNED" || why.toWin?.score === undefined) continue;
              const { score, tieBelow } = why.toWin;
              const wins = (tried: number): boolean =>
                allocate(withScore(graph, why.edge!, tried), plan).assignment.edges.includes(why.edge!);
              expect(score).toBeGreaterThanOrEqual(graph.demandScores[why.edge!]!);
              expect(wins(score)).toBe(true);
              // One weight less is a tie, which positions decide; two less lose.
              const tie = scoreOfWeight(graph, plan, solution.weights, why.edge!, why.toWin.weight - 1);
              const less = (tieBelow ? tie! : score) - 1;
              if (less >= 0) expect(wins(less)).toBe(false);
              won++;
            }
          }
        },
      ),
      { seed: 31, numRuns: 300 },
    );
    expect(won).toBeGreaterThan(15);
  });
});

const graph = buildGraph({
  demandIds: ["bakery", "cafe", "deli"],
  demandCapacity: [1, 1, 0],
  supplyIds: ["ada", "bo", "cy"],
  supplyCapacity: [1, 1, 1],
  edgeDemands: [0, 0, 1, 1, 2],
  edgeSupplies: [0, 1, 0, 2, 0],
  demandScores: [900_000, 800_000, 700_000, 100_000, 1],
  supplyScores: [0, 0, 0, 0, 0],
});

const pair = (plan: AllocationPlan, demand: number, supply: number) =>
  explain(graph, plan, allocate(graph, plan), demand, supply);

test("names who outbid a pair and what would have won, greedy", () => {
  expect(pair({ strategy: "GREEDY" }, 1, 0)).toMatchObject({
    reason: "OUTBID",
    rivals: [0],
    instead: [2],
    toWin: { weight: 900_001, score: 900_001, tieBelow: false },
  });
});

test("states prices and what the whole would have lost, optimal", () => {
  const plan: AllocationPlan = { strategy: "OPTIMAL" };
  expect(pair(plan, 0, 1)).toMatchObject({ outcome: "ASSIGNED", because: "CHOSEN", weight: 800_000 });
  const why = pair(plan, 0, 0);
  // With ada at the bakery, the cafe falls from 700,000 to 100,000: 500,000 in all.
  expect(why).toMatchObject({ reason: "OUTBID", rivals: [1], instead: [1], toWin: { weight: 1_400_001 } });
  expect(why.outcome === "NOT_ASSIGNED" && why.prices!.surplus).toBeLessThanOrEqual(0);
});

test.each<[string, Partial<AllocationPlan>, number, number]>([
  ["INELIGIBLE", {}, 1, 1],
  ["NO_CAPACITY", {}, 2, 0],
  ["FILLED", {}, 0, 1],
  ["EXCLUDED", { limits: { exclusions: [{ demand: 1, supply: 2 }] } }, 1, 2],
  ["WORSE_THAN_OUTSIDE_OPTION", { outside: { demand: [0, 200_000, 0] } }, 1, 2],
  [
    "QUOTA",
    {
      groups: [{ name: "town", side: "DEMAND", values: ["north"], of: [0, 0, 0] }],
      limits: { units: [{ grouping: "town", unitsMax: 1 }] },
    },
    1,
    2,
  ],
])("%s", (reason, plan, demand, supply) => {
  expect(pair({ strategy: "GREEDY", ...plan }, demand, supply)).toMatchObject({ reason });
});

test("a pinned pair is there because of its pin", () => {
  const plan: AllocationPlan = { strategy: "GREEDY", limits: { pins: [{ demand: 1, supply: 0 }] } };
  expect(pair(plan, 1, 0)).toMatchObject({ outcome: "ASSIGNED", because: "PINNED" });
});

test("what the supply itself does not want, no score of the demand mends", () => {
  const picky = buildGraph({
    demandIds: ["bakery", "cafe"],
    demandCapacity: [1, 1],
    supplyIds: ["ada"],
    supplyCapacity: [1],
    edgeDemands: [0, 1],
    edgeSupplies: [0, 0],
    demandScores: [900_000, 100_000],
    supplyScores: [1, 2],
  });
  const plan: AllocationPlan = { strategy: "STABLE" };
  const why = explain(picky, plan, allocate(picky, plan), 0, 0);
  expect(why).toMatchObject({ reason: "OUTBID", rivals: [1] });
  expect(why).not.toHaveProperty("toWin");
});

test("refuses a position beyond the graph", () => {
  expect(() => pair({ strategy: "GREEDY" }, 7, 0)).toThrow(
    expect.objectContaining({ reason: "EDGE_OUT_OF_RANGE" }),
  );
});
