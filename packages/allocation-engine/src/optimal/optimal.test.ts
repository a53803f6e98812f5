import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EngineError } from "../engine-error.ts";
import { buildGraph, type Graph, type GraphColumns, UNLIMITED } from "../graph.ts";
import { allAssignments } from "../testing/all-assignments.ts";
import { graphColumns, named, numbers, shuffled } from "../testing/random-graph.ts";
import { roughMarket } from "../testing/rough-market.ts";
import type { CertifiedSolution } from "./optimal.ts";
import { optimal } from "./optimal.ts";
import { verifyCertificate } from "./verify-certificate.ts";

/** Demand scores, shifted so that some are not above 0, serve as weights. */
function weightsOf(graph: Graph, shift: number): Int32Array {
  return graph.demandScores.map((score) => score - shift);
}

function bestByTrial(graph: Graph, weights: Int32Array): number {
  const values = allAssignments(graph).map(({ edges }) =>
    edges.reduce((sum, edge) => sum + weights[edge]!, 0),
  );
  return Math.max(...values);
}

function expectExact(graph: Graph, weights: Int32Array, solution: CertifiedSolution): void {
  expect(verifyCertificate(graph, weights, solution.assignment, solution.certificate)).toEqual([]);
  expect(solution.certificate).toMatchObject({ exact: true, gap: 0 });
  expect(solution.assignment.edges.every((edge) => weights[edge]! > 0)).toBe(true);
}

const small = graphColumns({ sideMax: 3, capacityMax: 3 });
const medium = graphColumns({ sideMax: 14, capacityMax: 4, scoreMax: 30 });
const settings = { seed: 24, numRuns: 300 };

describe("the optimum", () => {
  test("is what trying everything finds", () => {
    fc.assert(
      fc.property(small, fc.nat(3), (columns, shift) => {
        const graph = buildGraph(columns);
        const weights = weightsOf(graph, shift);
        const solution = optimal(graph, weights);
        expectExact(graph, weights, solution);
        expect(solution.certificate.primal).toBe(bestByTrial(graph, weights));
      }),
      settings,
    );
  });

  test("is proven on graphs too large to try, with ties and with capacities on both sides", () => {
    fc.assert(
      fc.property(medium, fc.nat(10), (columns, shift) => {
        const graph = buildGraph(columns);
        const weights = weightsOf(graph, shift);
        expectExact(graph, weights, optimal(graph, weights));
      }),
      settings,
    );
  });

  test("is worth the same whatever the order of the input", () => {
    fc.assert(
      fc.property(medium, fc.nat(), (columns, seed) => {
        const graph = buildGraph(columns);
        const again = buildGraph(shuffled(columns, seed));
        const solution = optimal(graph, graph.demandScores);
        const other = optimal(again, again.demandScores);
        expect(other.certificate.primal).toBe(solution.certificate.primal);
        // Ids decide positions, so even the pairs are the same.
        expect(named(again, other.assignment)).toEqual(named(graph, solution.assignment));
      }),
      { ...settings, numRuns: 100 },
    );
  });

  test.each([-6, -1_000, -(2 ** 31)])("never takes %i for a large weight", (lowest) => {
    const graph = buildGraph({
      demandIds: ["a", "b"],
      demandCapacity: [3, 1],
      supplyIds: ["s", "t"],
      supplyCapacity: [2, 1],
      edgeDemands: [0, 1],
      edgeSupplies: [0, 1],
      demandScores: [1, lowest],
      supplyScores: [0, 0],
    });
    const solution = optimal(graph, graph.demandScores);
    expectExact(graph, graph.demandScores, solution);
    expect(solution.certificate.primal).toBe(1);
  });

  test("asks nothing for what is unlimited, even where a gap would allow it", () => {
    const graph = roughMarket(1451949249, 25);
    const { assignment, certificate } = optimal(graph, graph.demandScores, { gap: 0.2 });
    expect(graph.supplyCapacity).toContain(UNLIMITED);
    expect(verifyCertificate(graph, graph.demandScores, assignment, certificate)).toEqual([]);
    expect(certificate.gap).toBeLessThanOrEqual(0.2);
  });

  test("keeps a stated gap, which is proven", () => {
    fc.assert(
      fc.property(medium, fc.constantFrom(0.3, 0.05, 0.001), (columns, gap) => {
        const graph = buildGraph(columns);
        const { assignment, certificate } = optimal(graph, graph.demandScores, { gap });
        expect(verifyCertificate(graph, graph.demandScores, assignment, certificate)).toEqual([]);
        expect(certificate.gap).toBeLessThanOrEqual(gap);
      }),
      settings,
    );
  });

  test("of weights over the whole range of 32 bits stays exact", () => {
    const random = numbers(9);
    const side = 12;
    const graph = buildGraph(complete(side));
    const weights = Int32Array.from({ length: side * side }, () => random() | 0);
    weights[0] = 0x7fffffff;
    expectExact(graph, weights, optimal(graph, weights));
  });

  test("of equal weights gives everybody something", () => {
    const graph = buildGraph(complete(9));
    const { assignment, certificate } = optimal(graph, new Int32Array(81).fill(7));
    expect(assignment.edges.length).toBe(9);
    expect(certificate).toMatchObject({ primal: 63, exact: true });
  });

  test("leaves prices of 0 where there is plenty", () => {
    const graph = buildGraph({
      ...complete(4),
      supplyCapacity: [UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED],
    });
    const { assignment, certificate } = optimal(graph, graph.demandScores);
    expect(assignment.edges.length).toBe(4);
    expect([...certificate.supplyPrices]).toEqual([0, 0, 0, 0]);
  });
});

describe("graphs with nothing to decide", () => {
  const nothing = { edgeDemands: [], edgeSupplies: [], demandScores: [], supplyScores: [] };

  test.each([
    ["no nodes", { demandIds: [], demandCapacity: [], supplyIds: [], supplyCapacity: [], ...nothing }],
    [
      "no edges",
      { demandIds: ["d"], demandCapacity: [2], supplyIds: ["s"], supplyCapacity: [1], ...nothing },
    ],
    ["no capacity for demands", { ...complete(3), demandCapacity: [0, 0, 0] }],
    ["no capacity of supplies", { ...complete(3), supplyCapacity: [0, 0, 0] }],
  ])("%s: worth 0, exactly", (_, columns: GraphColumns) => {
    const graph = buildGraph(columns);
    const solution = optimal(graph, graph.demandScores);
    expectExact(graph, graph.demandScores, solution);
    expect(solution.certificate.dual).toBe(0);
  });

  test("weights of 0 and below are never chosen", () => {
    const graph = buildGraph(complete(3));
    const solution = optimal(graph, Int32Array.of(0, -1, -2, -3, 0, -5, -6, -7, 0));
    expect(solution.assignment.edges.length).toBe(0);
    expect(solution.certificate).toMatchObject({ primal: 0, dual: 0, exact: true });
  });
});

describe("what is refused", () => {
  test.each([
    ["weights of another graph", complete(2), new Int32Array(3), {}, "COLUMN_LENGTHS_DIFFER"],
    ["a negative gap", complete(2), new Int32Array(4), { gap: -1 }, "PLAN_INVALID"],
    ["a gap that is not a number", complete(2), new Int32Array(4), { gap: Number.NaN }, "PLAN_INVALID"],
    ["demands that want several units whole", wholes(), new Int32Array(4), {}, "WHOLE_UNITS_UNSUPPORTED"],
  ])("%s", (_, columns: GraphColumns, weights, options, reason) => {
    expect(reasonOf(() => optimal(buildGraph(columns), weights, options))).toBe(reason);
  });

  test("totals past 2^53", () => {
    const graph = buildGraph(complete(2));
    const many = { ...graph, demandCapacity: new Int32Array(2) };
    const weights = new Int32Array(4).fill(0x7fffffff);
    expect(optimal(many, weights).certificate.primal).toBe(0);
    const star = manyEdges(4_194_305);
    const most = new Int32Array(star.supplies.length).fill(0x7fffffff);
    expect(reasonOf(() => optimal(star, most))).toBe("WEIGHT_OVERFLOW");
  });
});

function reasonOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof EngineError) return error.reason;
    throw error;
  }
  return "none";
}

function complete(side: number): GraphColumns {
  const cells = Array.from({ length: side * side }, (_, cell) => cell);
  return {
    demandIds: Array.from({ length: side }, (_, at) => `d${String(at).padStart(3, "0")}`),
    demandCapacity: new Int32Array(side).fill(1),
    supplyIds: Array.from({ length: side }, (_, at) => `s${String(at).padStart(3, "0")}`),
    supplyCapacity: new Int32Array(side).fill(1),
    edgeDemands: cells.map((cell) => Math.floor(cell / side)),
    edgeSupplies: cells.map((cell) => cell % side),
    demandScores: cells.map((cell) => 1 + ((cell * 7) % 11)),
    supplyScores: cells,
  };
}

function wholes(): GraphColumns {
  return { ...complete(2), unitMode: "WHOLE", demandCapacity: [2, 1] };
}

/** One demand that wants every one of so many supplies; by columns, because ids for them would take seconds. */
function manyEdges(count: number) {
  return {
    unitMode: "SPREAD" as const,
    demandCapacity: Int32Array.of(count),
    supplyCapacity: new Int32Array(count).fill(1),
    offsets: Uint32Array.of(0, count),
    demands: new Uint32Array(count),
    supplies: Uint32Array.from({ length: count }, (_, at) => at),
    demandScores: new Int32Array(count),
    supplyScores: new Int32Array(count),
  };
}
