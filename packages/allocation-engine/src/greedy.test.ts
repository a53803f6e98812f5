import fc from "fast-check";
import { expect, test } from "vitest";
import { buildGraph, type Graph, type GraphColumns, UNLIMITED } from "./graph.ts";
import { greedy, greedyInOrder } from "./greedy.ts";
import { graphColumns, named, permutation, shuffled } from "./testing/random-graph.ts";
import { verifyAssignment } from "./verify.ts";

const modes = ["SPREAD", "WHOLE"] as const;

test.each(modes)("keeps capacities and leaves nothing that still fits (%s)", (unitMode) => {
  fc.assert(
    fc.property(graphColumns({ unitMode }), fc.integer(), (columns, seed) => {
      const graph = buildGraph(columns);
      const order = permutation(graph.demandIds.length, seed).map((index) => graph.demandIds[index]!);
      for (const assignment of [greedy(graph), greedyInOrder(graph, order)]) {
        expect(verifyAssignment(graph, assignment)).toEqual([]);
        expect(fitsStill(graph, assignment.edges)).toEqual([]);
      }
    }),
  );
});

test("does not depend on the order of its input", () => {
  fc.assert(
    fc.property(graphColumns(), fc.integer(), (columns, seed) => {
      const graph = buildGraph(columns);
      const again = buildGraph(shuffled(columns, seed));
      expect(named(again, greedy(again))).toEqual(named(graph, greedy(graph)));
      const order = columns.demandIds.toReversed();
      expect(named(again, greedyInOrder(again, order))).toEqual(named(graph, greedyInOrder(graph, order)));
    }),
  );
});

function fitsStill(graph: Graph, edges: Uint32Array): number[] {
  const chosen = new Set(edges);
  const size = (edge: number) =>
    graph.unitMode === "WHOLE" ? graph.demandCapacity[graph.demands[edge]!]! : 1;
  const used = (of: Uint32Array, who: number) =>
    [...chosen].filter((edge) => of[edge] === who).reduce((sum, edge) => sum + size(edge), 0);
  return [...graph.supplies.keys()].filter((edge) => {
    const demand = graph.demands[edge]!;
    const supply = graph.supplies[edge]!;
    const units = size(edge);
    if (chosen.has(edge) || units === 0) return false;
    const unlimited = graph.supplyCapacity[supply] === UNLIMITED;
    const supplyFits = unlimited || used(graph.supplies, supply) + units <= graph.supplyCapacity[supply]!;
    return supplyFits && used(graph.demands, demand) + units <= graph.demandCapacity[demand]!;
  });
}

const chairs: GraphColumns = {
  unitMode: "WHOLE",
  demandIds: ["cafe", "school"],
  demandCapacity: [4, 7],
  supplyIds: ["near", "far"],
  supplyCapacity: [8, 20],
  edgeDemands: [0, 0, 1, 1],
  edgeSupplies: [0, 1, 0, 1],
  demandScores: [800_000, 300_000, 900_000, 200_000],
  supplyScores: [0, 0, 0, 0],
};

test("takes whole quantities from one supply", () => {
  const graph = buildGraph(chairs);
  expect(named(graph, greedy(graph))).toEqual(["cafe>far:4", "school>near:7"]);
});

test("serves demands in request order, each its best that is left", () => {
  const graph = buildGraph(chairs);
  expect(named(graph, greedyInOrder(graph, ["cafe", "school"]))).toEqual(["cafe>near:4", "school>far:7"]);
  expect(named(graph, greedyInOrder(graph, ["school", "cafe"]))).toEqual(["cafe>far:4", "school>near:7"]);
  expect(named(graph, greedyInOrder(graph, ["school"]))).toEqual(["school>near:7"]);
});

test("breaks equal scores by demand id, then supply id", () => {
  const even = { ...chairs, unitMode: "SPREAD" as const, demandCapacity: [1, 1], supplyCapacity: [1, 1] };
  const graph = buildGraph({ ...even, demandScores: [5, 5, 5, 5] });
  expect(named(graph, greedy(graph))).toEqual(["cafe>far:1", "school>near:1"]);
});

test("lets many wants race for one unique supply: one gets it, the others their next best", () => {
  const buyers = Array.from({ length: 64 }, (_, index) => `buyer-${index}`);
  const graph = buildGraph({
    demandIds: buyers,
    demandCapacity: buyers.map(() => 1),
    supplyIds: ["unique", "plain"],
    supplyCapacity: [1, 40],
    edgeDemands: buyers.flatMap((_, index) => [index, index]),
    edgeSupplies: buyers.flatMap(() => [0, 1]),
    demandScores: buyers.flatMap(() => [9, 1]),
    supplyScores: buyers.flatMap(() => [0, 0]),
  });
  const got = named(graph, greedyInOrder(graph, buyers.toReversed()));
  expect(got.filter((line) => line.includes(">unique"))).toEqual(["buyer-63>unique:1"]);
  expect(got.filter((line) => line.includes(">plain")).length).toBe(40);
});

test("never uses up unlimited supply", () => {
  const endless = {
    ...chairs,
    demandCapacity: [2_000_000_000, 2_000_000_000],
    supplyCapacity: [UNLIMITED, 0],
  };
  const graph = buildGraph(endless);
  const assignment = greedy(graph);
  expect(named(graph, assignment)).toEqual(["cafe>near:2000000000", "school>near:2000000000"]);
  expect(verifyAssignment(graph, assignment)).toEqual([]);
});

test("refuses an order with unknown or repeated demands", () => {
  const graph = buildGraph(chairs);
  expect(() => greedyInOrder(graph, ["bar"])).toThrow(
    expect.objectContaining({ reason: "ORDER_DEMAND_UNKNOWN" }),
  );
  expect(() => greedyInOrder(graph, ["cafe", "cafe"])).toThrow(
    expect.objectContaining({ reason: "ORDER_DEMAND_REPEATED" }),
  );
});
