import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readText } from "../testing/dimacs.ts";
import { parseAssignment } from "../testing/orlib.ts";
import { numbers } from "../testing/random-graph.ts";
import type { DenseCosts } from "./dense.ts";
import { assignDense } from "./lapjv.ts";
import { verifyDense } from "./verify-dense.ts";

/** Every way, tried. */
function cheapestByTrying({ rows, columns, values }: DenseCosts): number {
  const [short, long, at] =
    rows <= columns
      ? [rows, columns, (row: number, column: number) => values[row * columns + column]!]
      : [columns, rows, (column: number, row: number) => values[row * columns + column]!];
  const taken = new Set<number>();
  const from = (row: number): number => {
    if (row === short) return 0;
    let least = Number.POSITIVE_INFINITY;
    for (let column = 0; column < long; column++) {
      if (taken.has(column)) continue;
      taken.add(column);
      least = Math.min(least, at(row, column) + from(row + 1));
      taken.delete(column);
    }
    return least;
  };
  return from(0);
}

const smallCosts = fc
  .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 }))
  .chain(([rows, columns]) =>
    fc
      .array(fc.integer({ min: -5, max: 9 }), { minLength: rows * columns, maxLength: rows * columns })
      .map((values) => ({ rows, columns, values })),
  );

test("finds the least cost of small matrices, square or not, with prices that prove it", () => {
  fc.assert(
    fc.property(smallCosts, (costs) => {
      const result = assignDense(costs);
      expect(result.cost).toBe(cheapestByTrying(costs));
      expect(verifyDense(costs, result)).toEqual([]);
    }),
    { numRuns: 1000, seed: 31 },
  );
});

test.each([
  [60, 60, 10],
  [60, 90, 1_000_000],
  [90, 60, 30],
  [200, 200, 2 ** 30],
])("proves %i rows and %i columns with costs up to %i", (rows, columns, largest) => {
  const random = numbers(rows * columns);
  const values = Int32Array.from({ length: rows * columns }, () => random() % largest);
  const costs = { rows, columns, values };
  expect(verifyDense(costs, assignDense(costs))).toEqual([]);
});

test("takes floating-point costs and is right to within rounding", () => {
  const random = numbers(5);
  const values = Float64Array.from({ length: 150 * 150 }, () => random() / 2 ** 32);
  const costs = { rows: 150, columns: 150, values };
  expect(verifyDense(costs, assignDense(costs), 1e-12)).toEqual([]);
});

test("a row that ties takes the lower column", () => {
  expect(Array.from(assignDense({ rows: 1, columns: 3, values: [2, 1, 1] }).columnOfRow)).toEqual([1]);
});

test.each([
  ["a length that is not rows times columns", { rows: 2, columns: 2, values: [1, 2, 3] }],
  ["a cost that is no number", { rows: 1, columns: 2, values: [1, Number.NaN] }],
  ["a cost that is no number in a square", { rows: 2, columns: 2, values: [1, 2, Number.NaN, 4] }],
  [
    "a cost below what sums can hold in a square",
    { rows: 2, columns: 2, values: [1, -(2 ** 51), 3, 2 ** 51] },
  ],
  ["an endless cost", { rows: 1, columns: 2, values: [1, Number.POSITIVE_INFINITY] }],
])("refuses %s", (_, costs) => {
  expect(() => assignDense(costs)).toThrow(expect.objectContaining({ reason: "COSTS_INVALID" }));
});

test("the verifier sees a wrong assignment and wrong prices", () => {
  const costs = { rows: 2, columns: 2, values: [1, 5, 5, 1] };
  const right = assignDense(costs);
  const swapped = { ...right, columnOfRow: Int32Array.of(1, 0), rowOfColumn: Int32Array.of(1, 0), cost: 10 };
  const reasons = (result: typeof right) => verifyDense(costs, result).map(({ reason }) => reason);
  expect(reasons(right)).toEqual([]);
  expect(reasons(swapped)).toContain("BOUND_NOT_REACHED");
  expect(reasons({ ...right, rowPrices: Float64Array.of(9, 9) })).toContain("PRICE_TOO_HIGH");
  expect(reasons({ ...right, columnOfRow: Int32Array.of(0, 0) })).toContain("NOT_ONE_TO_ONE");
  expect(reasons({ ...right, columnOfRow: Int32Array.of(0, -1) })).toContain("TOO_FEW");
  expect(reasons({ ...right, columnPrices: Float64Array.of(0) })).toContain("LENGTHS_DIFFER");
});

const folder = "../shared/data/allocation/orlib-assign";

describe.skipIf(!existsSync(folder))("OR-Library (skipped where ../shared/data is missing)", () => {
  const expected = JSON.parse(readFileSync(`${folder}/expected.json`, "utf8")) as Record<string, number>;
  test.each(Object.entries(expected))("%s has the optimum %i", (name, cost) => {
    const costs = parseAssignment(readText(`${folder}/${name}.txt.gz`));
    const result = assignDense(costs);
    expect(result.cost).toBe(cost);
    expect(verifyDense(costs, result)).toEqual([]);
  });
});
