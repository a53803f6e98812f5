import { expect, test } from "vitest";
import { buildGraph } from "../graph.ts";
import { permutation } from "../testing/random-graph.ts";
import type { Certificate } from "./certificate.ts";
import { optimal } from "./optimal.ts";
import { verifyCertificate } from "./verify-certificate.ts";

const side = 6;
const cells = permutation(side * side, 3);
const graph = buildGraph({
  demandIds: ["a", "b", "c", "d", "e", "f"],
  demandCapacity: [1, 2, 1, 0, 3, 1],
  supplyIds: ["u", "v", "w", "x", "y", "z"],
  supplyCapacity: [1, 1, 2, 1, 1, 1],
  edgeDemands: cells.map((cell) => cell % side),
  edgeSupplies: cells.map((cell) => Math.floor(cell / side)),
  demandScores: cells.map((cell) => 5 + ((cell * 13) % 37)),
  supplyScores: cells,
});
const weights = graph.demandScores;
const { assignment, certificate } = optimal(graph, weights);

function reasons(change: Partial<Certificate>, edges = assignment.edges): string[] {
  const broken = { ...certificate, ...change };
  const units = new Int32Array(edges.length).fill(1);
  return verifyCertificate(graph, weights, { edges, units, proposals: 0 }, broken).map(
    ({ reason }) => reason,
  );
}

function withPrice(prices: Int32Array, position: number, price: number): Int32Array {
  const changed = prices.slice();
  changed[position] = price;
  return changed;
}

test("accepts what was found", () => {
  expect(reasons({})).toEqual([]);
});

test("refuses a bound that the prices do not prove", () => {
  expect(reasons({ dual: certificate.dual - 1, gap: -1 / (certificate.dual - 1), exact: false })).toEqual([
    "DUAL_TOO_LOW",
  ]);
  for (let supply = 0; supply < side; supply++) {
    const price = certificate.supplyPrices[supply]! + 50;
    expect(reasons({ supplyPrices: withPrice(certificate.supplyPrices, supply, price) })).toEqual([
      "DUAL_TOO_LOW",
    ]);
  }
});

test("refuses prices below 0 and prices of other graphs", () => {
  expect(reasons({ demandPrices: withPrice(certificate.demandPrices, 0, -1) })).toEqual(["PRICE_INVALID"]);
  expect(reasons({ demandPrices: certificate.demandPrices.subarray(1) })).toEqual(["PRICE_INVALID"]);
  expect(reasons({ supplyPrices: new Int32Array(side + 1) })).toEqual(["PRICE_INVALID"]);
});

test("refuses a total that the edges do not have", () => {
  expect(reasons({ primal: certificate.primal + 1 })).toContain("PRIMAL_WRONG");
  expect(reasons({}, assignment.edges.slice(1))).toContain("PRIMAL_WRONG");
});

test("refuses a gap that is not the difference, and exactness that is not", () => {
  expect(reasons({ gap: 1 })).toEqual(["GAP_WRONG"]);
  expect(reasons({ exact: false })).toEqual(["GAP_WRONG"]);
  const looser = certificate.dual + 1;
  expect(reasons({ dual: looser, gap: 1 / looser })).toEqual(["GAP_WRONG"]);
  expect(reasons({ dual: looser, gap: 1 / looser, exact: false })).toEqual([]);
});

test("refuses an assignment that breaks the graph", () => {
  const all = Uint32Array.from(weights.keys());
  expect(reasons({}, all)).toContain("DEMAND_EXCEEDED");
});
