import { buildGraph } from "@marketmesh/allocation-engine";
import { expect, test } from "vitest";
import { packColumns, unpackColumns } from "./packed-columns.ts";
import { packCertificate, packGraph, supplyOfNode, unpackCertificate, unpackGraph } from "./packed-graph.ts";

const graph = (supplyScores: readonly number[]) =>
  buildGraph({
    unitMode: "SPREAD",
    demandIds: ["größe", "b", "a"],
    demandCapacity: [1, 0, 2],
    supplyIds: ["s\nsector=energy", "t"],
    supplyCapacity: [1, 0x7fffffff],
    edgeDemands: [2, 2, 0],
    edgeSupplies: [0, 1, 1],
    demandScores: [5, -7, 9],
    supplyScores,
  });

test.each([
  { of: "its own supply scores", scores: [1, 2, 3] },
  { of: "the demand's scores on both sides", scores: [5, -7, 9] },
])("a graph with $of comes back as it was", ({ scores }) => {
  const recorded = { graph: graph(scores), chosen: Uint32Array.of(0, 2), extra: {} };
  const back = unpackGraph(packGraph(recorded));
  expect(back).toEqual(recorded);
  expect([...back.graph.demands]).toEqual([0, 0, 2]);
});

test("columns that a strategy saw come back by their names", () => {
  const extra = {
    weights: Int32Array.of(4, 0, 8),
    acceptance: Float64Array.of(0.5, 0.25, 1),
    k: Uint8Array.of(3),
  };
  const packed = packGraph({ graph: graph([1, 2, 3]), chosen: new Uint32Array(0), extra });
  expect(unpackGraph(packed).extra).toEqual(extra);
});

test("a graph without demands, supplies and edges is one", () => {
  const empty = buildGraph({
    demandIds: [],
    demandCapacity: [],
    supplyIds: [],
    supplyCapacity: [],
    edgeDemands: [],
    edgeSupplies: [],
    demandScores: [],
    supplyScores: [],
  });
  const back = unpackGraph(packGraph({ graph: empty, chosen: new Uint32Array(0), extra: {} }));
  expect(back.graph).toEqual(empty);
});

test("a certificate comes back with prices of either type", () => {
  const certificate = {
    primal: 2 ** 52,
    dual: 2 ** 52 + 1,
    gap: 1 / 3,
    exact: false,
    demandPrices: Float64Array.of(0.5, 2 ** 40),
    supplyPrices: Int32Array.of(-1, 7),
  };
  expect(unpackCertificate(packCertificate(certificate))).toEqual(certificate);
  const limited = {
    ...certificate,
    limitPrices: Float64Array.of(3),
    granted: Float64Array.of(2),
    searchBound: 9,
  };
  expect(unpackCertificate(packCertificate(limited))).toEqual(limited);
});

test("bytes that begin at an odd place are read, bytes that are cut short are refused", () => {
  const packed = packColumns({ a: 1 }, { n: Float64Array.of(1.5, 2.5) });
  const shifted = new Uint8Array(packed.length + 1);
  shifted.set(packed, 1);
  expect(unpackColumns(shifted.subarray(1)).columns.n).toEqual(Float64Array.of(1.5, 2.5));
  expect(() => unpackColumns(packed.subarray(0, packed.length - 8))).toThrow("cut short");
  expect(() => unpackColumns(Uint8Array.of(1, 2, 3))).toThrow("no packed columns");
});

test("a node of an exclusive supply names its listing", () => {
  expect(supplyOfNode("s\nsector=energy")).toBe("s");
  expect(supplyOfNode("s")).toBe("s");
});
