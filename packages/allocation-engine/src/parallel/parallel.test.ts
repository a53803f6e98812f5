import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { EngineError } from "../engine-error.ts";
import { buildGraph, type SparseGraph } from "../graph.ts";
import { optimal } from "../optimal/optimal.ts";
import { verifyCertificate } from "../optimal/verify-certificate.ts";
import { graphColumns, numbers } from "../testing/random-graph.ts";
import { components } from "./components.ts";
import { optimalByComponents, SolverPool } from "./index.ts";

/** Blocks of 40 x 40 that share no pair, ten edges a demand; every seventh weight is not above 0 and leads anywhere. */
function blocks(count: number): { graph: SparseGraph; weights: Int32Array } {
  const random = numbers(4);
  const [side, degree] = [40, 10];
  const size = count * side;
  const weights = new Int32Array(size * degree);
  const supplies = new Uint32Array(size * degree);
  for (let demand = 0; demand < size; demand++) {
    const first = Math.floor(demand / side) * side;
    const shift = random() % (side - degree);
    for (let at = 0; at < degree; at++) {
      const edge = demand * degree + at;
      const negative = edge % 7 === 0;
      weights[edge] = negative ? -(random() % 9) : 1 + (random() % 1_000);
      supplies[edge] = negative && at === degree - 1 ? size - 1 : first + shift + at;
    }
  }
  const graph: SparseGraph = {
    unitMode: "SPREAD",
    demandCapacity: Int32Array.from({ length: size }, () => random() % 3),
    supplyCapacity: Int32Array.from({ length: size }, () => random() % 3),
    offsets: Uint32Array.from({ length: size + 1 }, (_, row) => row * degree),
    demands: Uint32Array.from(weights, (_, edge) => Math.floor(edge / degree)),
    supplies,
    demandScores: weights,
    supplyScores: weights,
  };
  return { graph, weights };
}

describe("parts of a graph", () => {
  test("are numbered by their lowest demand; who has no usable edge is alone", () => {
    const graph = buildGraph({
      demandIds: ["a", "b", "c", "d"],
      demandCapacity: [1, 1, 1, 1],
      supplyIds: ["s", "t", "u", "v"],
      supplyCapacity: [1, 1, 1, 1],
      edgeDemands: [0, 1, 2, 3, 3],
      edgeSupplies: [1, 0, 1, 0, 2],
      demandScores: [0, 0, 0, 0, 0],
      supplyScores: [0, 0, 0, 0, 0],
    });
    const found = components(graph, Int32Array.of(1, 1, 1, 1, 0));
    expect([...found.ofDemand]).toEqual([0, 1, 0, 1]);
    expect([...found.ofSupply]).toEqual([1, 0, -1, -1]);
    expect([...found.edges]).toEqual([2, 2]);
  });

  test("decided apart are worth as much as decided together", () => {
    fc.assert(
      fc.property(graphColumns({ sideMax: 10, scoreMax: 3 }), fc.constantFrom(0, 0.1), (columns, gap) => {
        const graph = buildGraph(columns);
        const weights = graph.demandScores.map((score) => score - 1);
        const { assignment, certificate } = optimalByComponents(graph, weights, { gap });
        expect(verifyCertificate(graph, weights, assignment, certificate)).toEqual([]);
        expect(certificate.gap).toBeLessThanOrEqual(gap);
        if (gap === 0) expect(certificate.primal).toBe(optimal(graph, weights).certificate.primal);
      }),
      { seed: 26, numRuns: 200 },
    );
  });
});

describe("a pool of threads", () => {
  const pools = [1, 3].map((threads) => new SolverPool({ threads, edgesMin: 0 }));
  afterAll(() => Promise.all(pools.map((pool) => pool.close())));

  test("answers as one thread does, whatever their number", async () => {
    const { graph, weights } = blocks(700);
    const expected = optimalByComponents(graph, weights);
    expect(verifyCertificate(graph, weights, expected.assignment, expected.certificate)).toEqual([]);
    expect(expected.certificate.exact).toBe(true);
    for (const pool of pools) expect(await pool.solve(graph, weights)).toEqual(expected);
  });

  test("solves graphs one after the other, small and empty ones too", async () => {
    const small = blocks(1);
    const empty = blocks(0);
    const answers = await Promise.all(
      [small, empty].map(({ graph, weights }) => pools[1]!.solve(graph, weights)),
    );
    expect(answers).toEqual([small, empty].map(({ graph, weights }) => optimalByComponents(graph, weights)));
  });

  test("refuses what `optimal` refuses, and goes on", async () => {
    const { graph, weights } = blocks(1);
    await expect(pools[0]!.solve(graph, weights.subarray(1))).rejects.toBeInstanceOf(EngineError);
    expect(await pools[0]!.solve(graph, weights)).toEqual(optimalByComponents(graph, weights));
  });

  test("that is closed solves nothing", async () => {
    const pool = new SolverPool({ threads: 1 });
    await pool.close();
    const { graph, weights } = blocks(1);
    await expect(pool.solve(graph, weights)).rejects.toThrow("closed");
  });

  test("needs a sensible number of threads", () => {
    expect(() => new SolverPool({ threads: 0 })).toThrow(RangeError);
    expect(() => new SolverPool({ threads: 65 })).toThrow(RangeError);
  });
});
