import fc from "fast-check";
import { expect, test } from "vitest";
import { buildGraph } from "../graph.ts";
import { graphColumns } from "../testing/random-graph.ts";
import { bestMissed } from "./exact.ts";
import { isFull, openMarket } from "./market.ts";
import { warmStart } from "./warm-start.ts";

const markets = fc.tuple(
  graphColumns({ sideMax: 14, capacityMax: 4, scoreMax: 5 }),
  graphColumns({ sideMax: 14, capacityMax: 1, scoreMax: 30 }),
);

test("an auction alone comes within its epsilon: nobody misses anything much better than what it holds", () => {
  fc.assert(
    fc.property(markets, fc.constantFrom(0.01, 0.001), (both, gap) => {
      for (const columns of both) {
        const graph = buildGraph(columns);
        const market = openMarket(graph, graph.demandScores);
        const { near, far } = warmStart(market, gap);
        const epsilon = 1.25 * gap * 30 + 1;
        for (let node = 0; node < near.count; node++) {
          const missed = bestMissed(market, near, far, node);
          if (!isFull(near, node)) expect(missed).toBeLessThanOrEqual(1);
          for (let slot = 0; slot < near.heldCount[node]!; slot++) {
            const edge = near.slots[near.slotStart[node]! + slot]!;
            const profit = market.weights[edge]! - far.price[far.nodeOf[edge]!]!;
            expect(profit).toBeGreaterThanOrEqual(missed - epsilon);
          }
        }
        for (let node = 0; node < far.count; node++) {
          if (!isFull(far, node)) expect(far.price[node]).toBe(0);
        }
      }
    }),
    { seed: 24, numRuns: 200 },
  );
});
