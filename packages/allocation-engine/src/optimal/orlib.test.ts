import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { SparseGraph } from "../graph.ts";
import { optimal } from "./optimal.ts";
import { verifyCertificate } from "./verify-certificate.ts";

const folder = join(import.meta.dirname, "../../../../../shared/data/allocation/orlib-assign");

/** Assignment at least cost, as a maximum: no cost of these files reaches 1,000. */
const CEILING = 1000;

const optima = { assign100: 305, assign500: 991, assign600: 1176, assign700: 1362 };

// Beasley's OR-Library is not part of the repository.
describe.skipIf(!existsSync(folder))(
  "OR-Library's assignment problems (skipped where the data is missing)",
  () => {
    test.each(Object.entries(optima))("%s costs %i", (name, cost) => {
      const { graph, weights } = read(name);
      const { assignment, certificate } = optimal(graph, weights);
      const size = graph.demandCapacity.length;
      expect(assignment.edges.length).toBe(size);
      expect(CEILING * size - certificate.primal).toBe(cost);
      expect(certificate.exact).toBe(true);
      expect(verifyCertificate(graph, weights, assignment, certificate)).toEqual([]);
    });
  },
);

function read(name: string): { graph: SparseGraph; weights: Int32Array } {
  const text = gunzipSync(readFileSync(join(folder, `${name}.txt.gz`))).toString();
  const [size, ...costs] = text.trim().split(/\s+/).map(Number) as [number, ...number[]];
  const cells = Uint32Array.from({ length: size * size }, (_, cell) => cell);
  const weights = Int32Array.from(costs, (cost) => CEILING - cost);
  const ones = new Int32Array(size).fill(1);
  const graph: SparseGraph = {
    unitMode: "SPREAD",
    demandCapacity: ones,
    supplyCapacity: ones,
    offsets: Uint32Array.from({ length: size + 1 }, (_, row) => row * size),
    demands: cells.map((cell) => Math.floor(cell / size)),
    supplies: cells.map((cell) => cell % size),
    demandScores: weights,
    supplyScores: weights,
  };
  return { graph, weights };
}
