import fc from "fast-check";
import { expect, test } from "vitest";
import { buildGraph } from "./graph.ts";
import { graphOfPositions, type PositionColumns } from "./positions.ts";
import { graphColumns } from "./testing/random-graph.ts";

test("is the graph that ids in the order of positions give", () => {
  fc.assert(
    fc.property(graphColumns(), (columns) => {
      const { graph, order } = graphOfPositions({
        demandCapacity: Int32Array.from(columns.demandCapacity),
        supplyCapacity: Int32Array.from(columns.supplyCapacity),
        edgeDemands: Uint32Array.from(columns.edgeDemands),
        edgeSupplies: Uint32Array.from(columns.edgeSupplies),
        demandScores: Int32Array.from(columns.demandScores),
        supplyScores: Int32Array.from(columns.supplyScores),
      });
      // Fewer than ten of each side: their names are in the order of their positions.
      expect({ ...buildGraph(columns), demandIds: undefined, supplyIds: undefined }).toEqual({
        ...graph,
        demandIds: undefined,
        supplyIds: undefined,
      });
      expect(Array.from(order, (edge) => columns.edgeSupplies[edge])).toEqual(Array.from(graph.supplies));
    }),
    { seed: 41 },
  );
});

const columns: PositionColumns = {
  demandCapacity: Int32Array.of(1),
  supplyCapacity: Int32Array.of(1, 1),
  edgeDemands: Uint32Array.of(0, 0),
  edgeSupplies: Uint32Array.of(1, 0),
  demandScores: Int32Array.of(1, 2),
  supplyScores: Int32Array.of(3, 4),
};

test.each([
  ["COLUMN_LENGTHS_DIFFER", { demandScores: Int32Array.of(1) }],
  ["CAPACITY_INVALID", { supplyCapacity: Int32Array.of(1, -1) }],
  ["EDGE_OUT_OF_RANGE", { edgeSupplies: Uint32Array.of(1, 2) }],
  ["EDGE_OUT_OF_RANGE", { edgeDemands: Uint32Array.of(1, 0) }],
  ["EDGE_REPEATED", { edgeSupplies: Uint32Array.of(1, 1) }],
])("refuses %s", (reason, change) => {
  expect(() => graphOfPositions({ ...columns, ...change })).toThrow(expect.objectContaining({ reason }));
});
