import fc from "fast-check";
import { expect, test } from "vitest";
import { EngineError, type EngineErrorReason } from "./engine-error.ts";
import { buildGraph, type GraphColumns } from "./graph.ts";
import { graphColumns, namedEdges, shuffled } from "./testing/random-graph.ts";

const valid: GraphColumns = {
  demandIds: ["job-b", "job-a"],
  demandCapacity: [1, 2],
  supplyIds: ["s2", "s1"],
  supplyCapacity: [1, 1],
  edgeDemands: [0, 1, 1],
  edgeSupplies: [0, 0, 1],
  demandScores: [1, 2, 3],
  supplyScores: [4, 5, 6],
};

test("sorts both sides and the edges by id", () => {
  const graph = buildGraph(valid);
  expect(graph.demandIds).toEqual(["job-a", "job-b"]);
  expect(graph.supplyIds).toEqual(["s1", "s2"]);
  expect([...graph.demandCapacity]).toEqual([2, 1]);
  expect([...graph.offsets]).toEqual([0, 2, 3]);
  expect([...graph.demands]).toEqual([0, 0, 1]);
  expect([...graph.supplies]).toEqual([0, 1, 1]);
  expect([...graph.demandScores]).toEqual([3, 2, 1]);
  expect([...graph.supplyScores]).toEqual([6, 5, 4]);
});

test("is the same graph whatever order its columns come in", () => {
  fc.assert(
    fc.property(graphColumns(), fc.integer(), (columns, seed) => {
      expect(buildGraph(shuffled(columns, seed))).toEqual(buildGraph(columns));
      expect(namedEdges(buildGraph(columns)).length).toBe(columns.edgeDemands.length);
    }),
  );
});

test("takes an empty graph", () => {
  const none = { demandIds: [], demandCapacity: [], supplyIds: [], supplyCapacity: [] };
  const graph = buildGraph({
    ...none,
    edgeDemands: [],
    edgeSupplies: [],
    demandScores: [],
    supplyScores: [],
  });
  expect([...graph.offsets]).toEqual([0]);
});

const refusals: [EngineErrorReason, RegExp, Partial<GraphColumns>][] = [
  ["COLUMN_LENGTHS_DIFFER", /differ in length/, { demandScores: [1] }],
  ["COLUMN_LENGTHS_DIFFER", /differ in length/, { supplyCapacity: [1] }],
  ["ID_REPEATED", /demand job-a is listed twice/, { demandIds: ["job-a", "job-a"] }],
  ["ID_REPEATED", /supply s1 is listed twice/, { supplyIds: ["s1", "s1"] }],
  ["CAPACITY_INVALID", /demand job-b has capacity -1/, { demandCapacity: [-1, 1] }],
  ["CAPACITY_INVALID", /supply s2 has capacity 1.5/, { supplyCapacity: [1.5, 1] }],
  ["CAPACITY_INVALID", /capacity 2147483648/, { supplyCapacity: [2147483648, 1] }],
  ["EDGE_OUT_OF_RANGE", /edge 2 names supply 2 of 2/, { edgeSupplies: [0, 0, 2] }],
  ["EDGE_OUT_OF_RANGE", /edge 0 names demand -1 of 2/, { edgeDemands: [-1, 1, 1] }],
  ["EDGE_REPEATED", /pair job-a, s2 is listed twice/, { edgeSupplies: [0, 0, 0] }],
  ["SCORE_INVALID", /demandScores of edge 1 is 0.5/, { demandScores: [1, 0.5, 3] }],
  ["SCORE_INVALID", /supplyScores of edge 2 is NaN/, { supplyScores: [1, 2, Number.NaN] }],
];

test.each(refusals)("refuses %s: %s", (reason, message, change) => {
  const build = () => buildGraph({ ...valid, ...change });
  expect(build).toThrow(message);
  expect(build).toThrow(EngineError);
  expect(build).toThrow(expect.objectContaining({ reason }));
});
