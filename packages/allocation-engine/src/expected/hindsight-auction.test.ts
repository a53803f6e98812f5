import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildGraph } from "../graph.ts";
import { optimal } from "../optimal/optimal.ts";
import { graphColumns } from "../testing/random-graph.ts";
import { HindsightAuction } from "./hindsight-auction.ts";
import { emptyWorld } from "./world.ts";

const step = 1e-4;

describe("the hindsight auction", () => {
  it("is within a step per pair of the optimum, and its prices show no pair that is missed by more", () => {
    fc.assert(
      fc.property(graphColumns({ scoreMax: 1_000_000 }), (columns) => {
        // A supply without units has no pairs in a world.
        const supplyCapacity = Array.from(columns.supplyCapacity, (units) => Math.max(1, units));
        const graph = buildGraph({ ...columns, supplyCapacity });
        const demands = graph.demandCapacity.length;
        const weights = graph.demandScores;
        const world = emptyWorld(demands, graph.supplies.length);
        world.rows = demands;
        world.offsets.set(graph.offsets);
        world.capacity.set(graph.demandCapacity);
        world.supplies.set(graph.supplies);
        for (const edge of weights.keys()) world.weights[edge] = weights[edge]! / 1e6;
        const slots = graph.supplyCapacity.map((units) => Math.min(units, graph.supplies.length));
        const auction = new HindsightAuction(demands, graph.supplies.length, slots);
        auction.solve(world, step);

        const given = new Int32Array(demands);
        const taken = new Int32Array(slots.length);
        let value = 0;
        for (const [edge, weight] of world.weights.entries()) {
          const [demand, supply] = [graph.demands[edge]!, graph.supplies[edge]!];
          const reduced = weight - auction.gain[demand]! - auction.price[supply]!;
          if (!auction.chose(edge)) {
            if (graph.demandCapacity[demand]! > 0) expect(reduced).toBeLessThanOrEqual(2 * step);
            continue;
          }
          given[demand]!++;
          taken[supply]!++;
          value += weight;
        }
        expect(given.every((units, demand) => units <= graph.demandCapacity[demand]!)).toBe(true);
        expect(taken.every((units, supply) => units <= slots[supply]!)).toBe(true);
        const best = optimal(graph, weights).certificate.primal / 1e6;
        expect(value).toBeLessThanOrEqual(best + 1e-9);
        expect(value).toBeGreaterThanOrEqual(best - 2 * step * (demands + graph.supplies.length));
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});
