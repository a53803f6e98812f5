import fc from "fast-check";
import { expect, test } from "vitest";
import { assignDense } from "../dense/lapjv.ts";
import { verifyDense } from "../dense/verify-dense.ts";
import type { SparseGraph } from "../graph.ts";
import type { Arrival } from "../incremental/changes.ts";
import { IncrementalOptimum } from "../incremental/incremental-optimum.ts";
import { minCostFlow } from "../network/min-cost-flow.ts";
import { verifyFlow } from "../network/verify-flow.ts";
import { optimalByComponents } from "../parallel/by-components.ts";
import { numbers } from "../testing/random-graph.ts";
import { roughMarket } from "../testing/rough-market.ts";
import { optimal } from "./optimal.ts";
import { verifyCertificate } from "./verify-certificate.ts";

/** Edges a node has, which is all it can use of its capacity. */
function degrees(positions: Uint32Array, count: number): number[] {
  const degree = Array.from({ length: count }, () => 0);
  for (const position of positions) degree[position]!++;
  return degree;
}

function usable(graph: SparseGraph): { demand: number[]; supply: number[] } {
  const { demandCapacity, supplyCapacity } = graph;
  const demand = degrees(graph.demands, demandCapacity.length);
  const supply = degrees(graph.supplies, supplyCapacity.length);
  return {
    demand: demand.map((degree, at) => Math.min(degree, demandCapacity[at]!)),
    supply: supply.map((degree, at) => Math.min(degree, supplyCapacity[at]!)),
  };
}

/** The same problem as a flow: what is not worth giving goes past the market. */
function worthByFlow(graph: SparseGraph): number {
  const { demand, supply } = usable(graph);
  const [source, sink] = [demand.length + supply.length, demand.length + supply.length + 1];
  const total = demand.reduce((sum, units) => sum + units, 0);
  const arcs = [
    ...demand.map((units, at) => ({ tail: source, head: at, upper: units, cost: 0 })),
    ...Array.from(graph.demandScores, (weight, edge) => {
      const head = demand.length + graph.supplies[edge]!;
      return { tail: graph.demands[edge]!, head, upper: 1, cost: -weight };
    }),
    ...supply.map((units, at) => ({ tail: demand.length + at, head: sink, upper: units, cost: 0 })),
    { tail: source, head: sink, upper: total, cost: 0 },
  ];
  const supplies = [...demand, ...supply].map(() => 0);
  const network = {
    supplies: [...supplies, total, -total],
    tails: arcs.map(({ tail }) => tail),
    heads: arcs.map(({ head }) => head),
    upper: arcs.map(({ upper }) => upper),
    costs: arcs.map(({ cost }) => cost),
  };
  const flow = minCostFlow(network);
  expect(verifyFlow(network, flow)).toEqual([]);
  return 0 - flow.cost;
}

/** The same problem as a matrix of units; undefined where a pair could be given twice. */
function worthByMatrix(graph: SparseGraph): number | undefined {
  const { demand, supply } = usable(graph);
  if (demand.some((units) => units > 1) && supply.some((units) => units > 1)) return undefined;
  const rows = demand.flatMap((units, at) => Array.from({ length: units }, () => at));
  const columns = supply.flatMap((units, at) => Array.from({ length: units }, () => at));
  const weightOf = new Map(
    Array.from(graph.demandScores, (weight, edge) => [
      `${graph.demands[edge]}>${graph.supplies[edge]}`,
      weight,
    ]),
  );
  const values = rows.flatMap((row) =>
    columns.map((column) => 0 - Math.max(0, weightOf.get(`${row}>${column}`) ?? 0)),
  );
  const costs = { rows: rows.length, columns: columns.length, values };
  const result = assignDense(costs);
  expect(verifyDense(costs, result)).toEqual([]);
  return 0 - result.cost;
}

/** The market as it comes about: supplies first, then demand after demand, every third with a change of mind. */
function follow(graph: SparseGraph, gap: number, seed: number): IncrementalOptimum {
  const random = numbers(seed);
  const nobody = { ...graph, ...emptyEdges(graph.demandCapacity.length) };
  const market = new IncrementalOptimum(
    { ...nobody, demandCapacity: new Int32Array(0), offsets: new Uint32Array(1) },
    new Int32Array(0),
    { gap },
  );
  for (let demand = 0; demand < graph.demandCapacity.length; demand++) {
    const [from, to] = [graph.offsets[demand]!, graph.offsets[demand + 1]!];
    const weights = graph.demandScores.subarray(from, to);
    const fickle = random() % 3 === 0;
    const arrival: Arrival = {
      capacity: fickle ? 2 : graph.demandCapacity[demand]!,
      others: graph.supplies.subarray(from, to),
      weights: fickle ? weights.map(() => 1 + (random() % 9)) : weights,
    };
    market.apply({ arrivingDemands: [arrival] });
    if (!fickle) continue;
    market.apply({
      demandCapacities: [{ node: demand, capacity: graph.demandCapacity[demand]! }],
      weights: Array.from(weights, (weight, at) => ({ demand, supply: graph.supplies[from + at]!, weight })),
    });
  }
  return market;
}

function emptyEdges(demands: number) {
  return {
    offsets: new Uint32Array(demands + 1),
    demands: new Uint32Array(0),
    supplies: new Uint32Array(0),
    demandScores: new Int32Array(0),
    supplyScores: new Int32Array(0),
  };
}

test("auction and paths, parts, flow, matrix and the market that grew are worth the same", () => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(4, 9, 25), (seed, sideMax) => {
      const graph = roughMarket(seed, sideMax);
      const weights = graph.demandScores;
      const { assignment, certificate } = optimal(graph, weights);
      expect(verifyCertificate(graph, weights, assignment, certificate)).toEqual([]);
      expect(certificate.exact).toBe(true);
      expect(optimalByComponents(graph, weights).certificate.primal).toBe(certificate.primal);
      expect(worthByFlow(graph)).toBe(certificate.primal);
      expect(worthByMatrix(graph) ?? certificate.primal).toBe(certificate.primal);
      const grown = follow(graph, 0, seed).snapshot();
      expect(verifyCertificate(grown.graph, grown.weights, grown.assignment, grown.certificate)).toEqual([]);
      expect(grown.certificate).toMatchObject({ primal: certificate.primal, exact: true });
    }),
    { seed: 31, numRuns: 250 },
  );
});

test("with a gap, neither the auction nor the market that changes claims more than it shows", () => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(0.2, 0.01, 0.0002), (seed, gap) => {
      const graph = roughMarket(seed, 25);
      const weights = graph.demandScores;
      const best = optimal(graph, weights).certificate.primal;
      const near = optimal(graph, weights, { gap });
      expect(verifyCertificate(graph, weights, near.assignment, near.certificate)).toEqual([]);
      expect(near.certificate.gap).toBeLessThanOrEqual(gap);
      expect(near.certificate.dual).toBeGreaterThanOrEqual(best);
      const market = new IncrementalOptimum(graph, weights, { gap });
      const random = numbers(seed);
      for (let batch = 0; batch < 8; batch++) {
        const node = (count: number) => random() % count;
        const [demands, supplies] = [graph.demandCapacity.length, graph.supplyCapacity.length];
        const change = (count: number, capacity: number) =>
          count === 0 ? [] : [{ node: node(count), capacity }];
        market.apply({
          demandCapacities: change(demands, random() % 2),
          supplyCapacities: change(supplies, random() % 2),
          weights:
            demands * supplies === 0
              ? []
              : [{ demand: node(demands), supply: node(supplies), weight: weights[0] ?? 7 }],
        });
        const now = market.snapshot();
        expect(verifyCertificate(now.graph, now.weights, now.assignment, now.certificate)).toEqual([]);
        expect(now.certificate.dual).toBeGreaterThanOrEqual(
          optimal(now.graph, now.weights).certificate.primal,
        );
      }
    }),
    { seed: 32, numRuns: 250 },
  );
});
