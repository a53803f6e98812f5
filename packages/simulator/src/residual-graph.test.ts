import { buildGraph } from "@marketmesh/allocation-engine";
import { expect, test } from "vitest";
import { residualGraph } from "./residual-graph.ts";

test("what is left keeps positions and ids, without pairs that were asked or whose sides have nothing", () => {
  const whole = buildGraph({
    demandIds: ["a", "b", "c"],
    demandCapacity: [2, 1, 1],
    supplyIds: ["x", "y"],
    supplyCapacity: [1, 1],
    edgeDemands: [0, 0, 1, 2, 2],
    edgeSupplies: [0, 1, 0, 0, 1],
    demandScores: [10, 20, 30, 40, 50],
    supplyScores: [1, 2, 3, 4, 5],
  });
  const left = { demandLeft: Int32Array.of(1, 0, 1), supplyLeft: Int32Array.of(1, 1) };
  const { graph, edges } = residualGraph(whole, { ...left, asked: Uint8Array.of(1, 0, 0, 0, 0) });
  expect([...edges]).toEqual([1, 3, 4]);
  // Lotteries draw by id.
  expect(graph).toMatchObject({ demandIds: ["a", "b", "c"], supplyIds: ["x", "y"], unitMode: "SPREAD" });
  expect([...graph.offsets]).toEqual([0, 1, 1, 3]);
  expect([...graph.demands]).toEqual([0, 2, 2]);
  expect([...graph.supplies]).toEqual([1, 0, 1]);
  expect([...graph.demandScores]).toEqual([20, 40, 50]);
  expect([...graph.supplyScores]).toEqual([2, 4, 5]);
  expect([...graph.demandCapacity]).toEqual([1, 0, 1]);
});
