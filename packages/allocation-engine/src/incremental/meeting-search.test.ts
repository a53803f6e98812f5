import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildGraph } from "../graph.ts";
import { isOpen } from "../optimal/market.ts";
import { exactMarket, optimal } from "../optimal/optimal.ts";
import { graphColumns, numbers } from "../testing/random-graph.ts";
import { GrowingMarket } from "./growing-market.ts";
import type { GrowingSide } from "./growing-side.ts";
import { MeetingSearch } from "./meeting-search.ts";
import { snapshotOf } from "./snapshot.ts";

const settings = { seed: 25, numRuns: 200 };

/** Edges whose prices miss their weight by more than epsilon, and nodes that hold too much or have a price below 0. */
function violations(market: GrowingMarket, epsilon: number): string[] {
  const { demand, supply, weights, held } = market;
  const found: string[] = [];
  for (let edge = 0; edge < market.edgeCount; edge++) {
    const weight = weights[edge]!;
    const prices = demand.price[demand.nodeOf[edge]!]! + supply.price[supply.nodeOf[edge]!]!;
    const wrong = held[edge] === 1 ? prices > weight + epsilon : prices < weight - epsilon;
    if (weight > 0 && wrong) found.push(`edge ${edge}: ${prices} for ${weight}`);
  }
  for (const side of [demand, supply]) {
    for (let node = 0; node < side.count; node++) {
      if (side.heldCount[node]! > side.room[node]!) found.push(`node ${node} holds too much`);
      if (side.price[node]! < 0) found.push(`node ${node} has a price of ${side.price[node]}`);
    }
  }
  return found;
}

function edit(market: GrowingMarket, random: () => number, weightOf: (drawn: number) => number): void {
  const { demand, supply } = market;
  market.setCapacity(demand, random() % demand.count, random() % 4);
  market.setCapacity(supply, random() % supply.count, random() % 4);
  market.setWeight(random() % demand.count, random() % supply.count, weightOf(random()));
}

function closeAll(market: GrowingMarket, side: GrowingSide, search: MeetingSearch, epsilon: number): void {
  for (let node = 0; node < side.count; node++) {
    for (let closed = 0; isOpen(side, node); closed++) {
      search.close(node);
      expect(violations(market, epsilon)).toEqual([]);
      expect(closed).toBeLessThan(20);
    }
  }
}

/** A solved market that is edited and closed again, several times. Prices of demands may be too low by up to epsilon, those of supplies too high by less than `raise`. */
function follow(
  columns: Parameters<typeof buildGraph>[0],
  seed: number,
  alone: number,
  epsilon: number,
  { weightOf = (drawn: number) => (drawn % 40) - 5, raise = 0 } = {},
) {
  const random = numbers(seed);
  const graph = buildGraph(columns);
  const solved = exactMarket(graph, graph.demandScores);
  const market = new GrowingMarket(solved, graph.demandCapacity, graph.supplyCapacity, epsilon);
  const { demand, supply } = market;
  for (let batch = 0; batch < 5; batch++) {
    for (let node = 0; node < demand.count; node++) {
      if (demand.capacity[node]! > 0)
        demand.price[node]! -= Math.min(demand.price[node]!, random() % (epsilon + 1));
    }
    for (let node = 0; node < supply.count; node++) {
      if (raise > 0 && supply.heldCount[node] === supply.room[node] && supply.price[node]! > 0)
        supply.price[node] = Math.min(0x7fffffff, supply.price[node]! + (random() % raise));
    }
    // Only where nothing is missing does every edge begin within epsilon.
    if (violations(market, epsilon).length > 0) return market;
    edit(market, random, weightOf);
    closeAll(market, demand, new MeetingSearch(market, demand, supply, alone), epsilon);
    closeAll(market, supply, new MeetingSearch(market, supply, demand, alone), epsilon);
  }
  return market;
}

describe.each([0, 2])("a search that is met after %i rows", (alone) => {
  test("keeps slackness at every step and ends at the optimum", () => {
    fc.assert(
      fc.property(graphColumns({ sideMax: 9, capacityMax: 3, scoreMax: 30 }), fc.nat(), (columns, seed) => {
        const { graph, weights, certificate } = snapshotOf(follow(columns, seed, alone, 0), 0);
        expect(certificate.exact).toBe(true);
        expect(certificate.primal).toBe(optimal(graph, weights).certificate.primal);
      }),
      settings,
    );
  });

  test("keeps prices where 32 bits hold them, near the largest weight too", () => {
    const most = 0x7fffffff;
    const large = graphColumns({ sideMax: 9, capacityMax: 3, scoreMax: 999 }).map((columns) => {
      return { ...columns, demandScores: Array.from(columns.demandScores, (score) => most - score) };
    });
    fc.assert(
      fc.property(large, fc.nat(), (columns, seed) => {
        follow(columns, seed, alone, 100_000_000, {
          weightOf: (drawn) => most - (drawn % 1_000),
          raise: 100_000_000,
        });
      }),
      settings,
    );
  });

  test("leaves no edge off by more than it was", () => {
    fc.assert(
      fc.property(graphColumns({ sideMax: 9, capacityMax: 2, scoreMax: 90 }), fc.nat(), (columns, seed) => {
        follow(columns, seed, alone, 5);
      }),
      settings,
    );
  });
});
