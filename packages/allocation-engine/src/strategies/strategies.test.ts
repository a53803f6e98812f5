import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocate } from "../allocate.ts";
import { buildGraph, type Graph, type GraphColumns } from "../graph.ts";
import { verifySolution } from "../limits/verify-solution.ts";
import type { AllocationPlan } from "../plan.ts";
import { strategies } from "../plan.ts";
import { graphColumns, named, shuffled } from "../testing/random-graph.ts";
import { planFor } from "../testing/random-plan.ts";

const runs = { seed: 27, numRuns: 100 };

describe.each(strategies)("%s", (strategy) => {
  test.each([true, false])("keeps capacities, limits, exclusions and pins (groups apart: %s)", (nested) => {
    fc.assert(
      fc.property(
        graphColumns({ sideMax: 5 }).chain((columns) =>
          fc.tuple(fc.constant(buildGraph(columns)), planFor(buildGraph(columns), strategy, nested)),
        ),
        ([graph, plan]) => {
          const solution = allocate(graph, plan);
          expect(verifySolution(graph, plan, solution)).toEqual([]);
        },
      ),
      runs,
    );
  });

  test("gives whole quantities within limits, or says that it cannot", () => {
    fc.assert(
      fc.property(
        graphColumns({ sideMax: 4, unitMode: "WHOLE" }).chain((columns) =>
          fc.tuple(fc.constant(buildGraph(columns)), planFor(buildGraph(columns), strategy, false)),
        ),
        ([graph, plan]) => {
          if (strategy === "STABLE" && graph.demandCapacity.some((units) => units > 1)) {
            expect(() => allocate(graph, plan)).toThrow(
              expect.objectContaining({ reason: "WHOLE_UNITS_UNSUPPORTED" }),
            );
          } else expect(verifySolution(graph, plan, allocate(graph, plan))).toEqual([]);
        },
      ),
      { ...runs, numRuns: 40 },
    );
  });

  test("answers the same for the same market in another order, and again", () => {
    fc.assert(
      fc.property(
        graphColumns({ sideMax: 5 }).chain((columns) =>
          fc.tuple(fc.constant(columns), planFor(buildGraph(columns), strategy, true), fc.integer()),
        ),
        ([columns, plan, seed]) => {
          const graph = buildGraph(columns);
          const again = buildGraph(shuffled(columns, seed));
          const expected = named(graph, allocate(graph, plan).assignment);
          expect(named(again, allocate(again, plan).assignment)).toEqual(expected);
          expect(named(graph, allocate(graph, plan).assignment)).toEqual(expected);
        },
      ),
      { ...runs, numRuns: 40 },
    );
  });

  test.each<[string, Partial<GraphColumns>]>([
    ["nobody at all", { demandIds: [], demandCapacity: [], supplyIds: [], supplyCapacity: [] }],
    ["demands only", { supplyIds: [], supplyCapacity: [] }],
    ["no edges", {}],
  ])("answers nothing for %s", (_, columns) => {
    const graph = buildGraph({ ...empty, ...columns });
    const solution = allocate(graph, { strategy, objective: {} });
    expect(solution.assignment.edges.length).toBe(0);
    expect(solution.facts).toMatchObject({ pairs: 0, units: 0, value: 0 });
    expect(verifySolution(graph, { strategy }, solution)).toEqual([]);
  });

  test.each<[string, Partial<AllocationPlan>, string]>([
    ["a bonus that is no number", { objective: { fillBonus: Number.NaN } }, "OBJECTIVE_INVALID"],
    ["a bonus below 0", { objective: { fillBonus: -1 } }, "OBJECTIVE_INVALID"],
    ["a seed beyond 2^53", { seed: 2 ** 53 }, "PLAN_INVALID"],
    [
      "a group that is not there",
      { limits: { units: [{ grouping: "x", unitsMax: 1 }] } },
      "GROUPING_INVALID",
    ],
    ["a pin beyond the graph", { limits: { pins: [{ demand: 9, supply: 0 }] } }, "LIMIT_INVALID"],
  ])("refuses %s", (_, wrong, reason) => {
    const goesByScores = strategy === "STABLE" || strategy === "LOTTERY";
    if (goesByScores && "objective" in wrong) return;
    const graph: Graph = buildGraph(empty);
    expect(() => allocate(graph, { strategy, ...wrong })).toThrow(expect.objectContaining({ reason }));
  });
});

const empty: GraphColumns = {
  demandIds: ["d"],
  demandCapacity: [1],
  supplyIds: ["s"],
  supplyCapacity: [1],
  edgeDemands: [],
  edgeSupplies: [],
  demandScores: [],
  supplyScores: [],
};
