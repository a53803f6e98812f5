import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EngineError } from "../engine-error.ts";
import { buildGraph, UNLIMITED } from "../graph.ts";
import { optimal } from "../optimal/optimal.ts";
import { verifyCertificate } from "../optimal/verify-certificate.ts";
import { graphColumns, numbers } from "../testing/random-graph.ts";
import type { Arrival, MarketChanges } from "./changes.ts";
import { IncrementalOptimum } from "./incremental-optimum.ts";

const settings = { seed: 25, numRuns: 150 };

/** Changes of every kind for a market of so many nodes. */
function changesFor(demands: number, supplies: number, random: () => number): MarketChanges {
  const capacity = () => (random() % 12 === 0 ? UNLIMITED : random() % 4);
  const weight = () => (random() % 40) - 5;
  const arrival = (others: number): Arrival => {
    const chosen = Array.from({ length: others }, (_, at) => at).filter(() => random() % 2 === 0);
    return { capacity: random() % 4, others: chosen, weights: chosen.map(weight) };
  };
  const arrivingSupplies = Array.from({ length: random() % 3 }, () => arrival(demands));
  return {
    demandCapacities: [{ node: random() % demands, capacity: random() % 4 }],
    supplyCapacities: [{ node: random() % supplies, capacity: capacity() }],
    weights: Array.from({ length: 4 }, () => ({
      demand: random() % demands,
      supply: random() % supplies,
      weight: weight(),
    })),
    arrivingSupplies,
    arrivingDemands: Array.from({ length: random() % 3 }, () => arrival(supplies + arrivingSupplies.length)),
  };
}

function follow(market: IncrementalOptimum, seed: number, check: (market: IncrementalOptimum) => void): void {
  const random = numbers(seed);
  for (let batch = 0; batch < 6; batch++) {
    const { graph } = market.snapshot();
    market.apply(changesFor(graph.demandCapacity.length, graph.supplyCapacity.length, random));
    check(market);
  }
}

describe("an optimum that follows its market", () => {
  test("is exact after every batch, and worth what solving anew finds", () => {
    fc.assert(
      fc.property(graphColumns({ capacityMax: 3, scoreMax: 30 }), fc.nat(), (columns, seed) => {
        const start = buildGraph(columns);
        follow(new IncrementalOptimum(start, start.demandScores), seed, (market) => {
          const { graph, weights, assignment, certificate } = market.snapshot();
          expect(verifyCertificate(graph, weights, assignment, certificate)).toEqual([]);
          expect(certificate.exact).toBe(true);
          expect(certificate.primal).toBe(optimal(graph, weights).certificate.primal);
        });
      }),
      settings,
    );
  });

  test.each([1, 2])("stays within its epsilon per unit where a gap is allowed (capacities to %i)", (most) => {
    fc.assert(
      fc.property(
        graphColumns({ sideMax: 12, capacityMax: most, scoreMax: 900 }),
        fc.nat(),
        (columns, seed) => {
          const start = buildGraph(columns);
          const gap = 0.1;
          const followed = new IncrementalOptimum(start, start.demandScores, { gap });
          const { certificate } = followed.snapshot();
          const units = followed.snapshot().assignment.edges.length;
          const epsilon = units === 0 ? 0 : (gap * certificate.primal) / units;
          follow(followed, seed, (market) => {
            const { graph, weights, assignment, certificate } = market.snapshot();
            expect(verifyCertificate(graph, weights, assignment, certificate)).toEqual([]);
            const lost = certificate.dual - certificate.primal;
            expect(lost).toBeLessThanOrEqual(epsilon * (assignment.edges.length + units + 1) * 2);
          });
        },
      ),
      settings,
    );
  });

  test("says who holds what", () => {
    const market = new IncrementalOptimum(pairs(), Int32Array.of(5, 3, 4, 1));
    expect([market.heldBy(0), market.heldBy(1)]).toEqual([[1], [0]]);
    market.apply({ weights: [{ demand: 0, supply: 0, weight: 7 }] });
    expect([market.heldBy(0), market.heldBy(1)]).toEqual([[0], [1]]);
  });

  test("does nothing where a change breaks nothing", () => {
    const market = new IncrementalOptimum(pairs(), Int32Array.of(5, 3, 4, 1));
    expect(market.apply({ weights: [{ demand: 0, supply: 1, weight: 9 }] })).toEqual({ opened: 0, scans: 0 });
    expect(market.apply({})).toEqual({ opened: 0, scans: 0 });
  });
});

describe("a batch that cannot be applied", () => {
  const good = { capacity: 1, others: [0], weights: [1] };

  test.each<[MarketChanges, string]>([
    [{ demandCapacities: [{ node: 2, capacity: 1 }] }, "EDGE_OUT_OF_RANGE"],
    [{ supplyCapacities: [{ node: 0, capacity: -1 }] }, "CAPACITY_INVALID"],
    [{ supplyCapacities: [{ node: 0, capacity: 0.5 }] }, "CAPACITY_INVALID"],
    [{ weights: [{ demand: 0, supply: 0, weight: Number.NaN }] }, "SCORE_INVALID"],
    [{ weights: [{ demand: 0, supply: 2, weight: 1 }] }, "EDGE_OUT_OF_RANGE"],
    [{ arrivingDemands: [{ ...good, others: [0, 0], weights: [1, 2] }] }, "EDGE_REPEATED"],
    [{ arrivingDemands: [{ ...good, weights: [] }] }, "COLUMN_LENGTHS_DIFFER"],
    [{ arrivingSupplies: [{ ...good, others: [2] }] }, "EDGE_OUT_OF_RANGE"],
    [{ arrivingSupplies: [good], arrivingDemands: [{ ...good, weights: [2 ** 31] }] }, "SCORE_INVALID"],
  ])("%j: %s, and nothing changes", (changes, reason) => {
    const market = new IncrementalOptimum(pairs(), Int32Array.of(5, 3, 4, 1));
    const before = market.snapshot();
    expect(reasonOf(() => market.apply(changes))).toBe(reason);
    expect(market.snapshot()).toEqual(before);
  });

  test("a gap out of range is refused", () => {
    expect(reasonOf(() => new IncrementalOptimum(pairs(), new Int32Array(4), { gap: 1 }))).toBe(
      "PLAN_INVALID",
    );
  });
});

function pairs() {
  return buildGraph({
    demandIds: ["d", "e"],
    demandCapacity: [1, 1],
    supplyIds: ["s", "t"],
    supplyCapacity: [1, 1],
    edgeDemands: [0, 0, 1, 1],
    edgeSupplies: [0, 1, 0, 1],
    demandScores: [0, 0, 0, 0],
    supplyScores: [0, 0, 0, 0],
  });
}

function reasonOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof EngineError) return error.reason;
    throw error;
  }
  return "none";
}
