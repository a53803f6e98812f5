import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type GeneralisedAssignment, generalisedAssignment } from "./generalised-assignment.ts";
import { loadPackingSolver } from "./highs.ts";
import { lagrangianRepair } from "./lagrange.ts";
import { dualBound } from "./packing.ts";

const twoAgents: GeneralisedAssignment = {
  weights: [
    [10, 7, 3],
    [9, 8, 6],
  ],
  sizes: [
    [3, 2, 2],
    [2, 2, 3],
  ],
  capacities: [4, 3],
};

test.each([["search"], ["repair"]])("gives every job to an agent that has room for it (%s)", async (by) => {
  const packing = generalisedAssignment(twoAgents);
  const solve = by === "search" ? await loadPackingSolver() : lagrangianRepair;
  const { taken, prices } = solve(packing);
  const worth = taken.reduce((sum, own, column) => sum + own * packing.weights[column]!, 0);
  // Agent 1 does job 1 alone, or jobs 2 and 3; agent 2 one of the others: 10 + 8 or 7 + 3 + 9.
  expect(worth).toBe(19);
  expect(dualBound(packing, prices)).toBeGreaterThanOrEqual(19);
});

test.each([Number.NaN, -1, 0.5])("refuses a number %s", (wrong) => {
  const wrongs = [{ capacities: [wrong, 3] }, { sizes: [[wrong, 2, 2], twoAgents.sizes[1]!] }];
  for (const part of wrongs) {
    expect(() => generalisedAssignment({ ...twoAgents, ...part })).toThrow(
      expect.objectContaining({ reason: "CAPACITY_INVALID" }),
    );
  }
  expect(() =>
    generalisedAssignment({
      ...twoAgents,
      weights: [
        [wrong, 1, 1],
        [1, 1, 1],
      ],
    }),
  ).toThrow(expect.objectContaining({ reason: "WEIGHT_OVERFLOW" }));
});

const folder = "../shared/data/allocation/orlib-gap";

describe.skipIf(!existsSync(folder))("OR-Library (skipped where ../shared/data is missing)", () => {
  const expected = JSON.parse(readFileSync(`${folder}/expected.json`, "utf8")) as Record<
    string,
    { optimum: number[] }
  >;

  test.each(["gap1", "gap4"])(
    "%s: the search reaches the optimum, repair is within its bound",
    async (file) => {
      const search = await loadPackingSolver();
      for (const [index, instance] of read(file).slice(0, 1).entries()) {
        const jobs = instance.weights[0]!.length;
        const bonus = 1000;
        const packing = generalisedAssignment(instance, bonus);
        const value = (taken: Uint8Array): number =>
          taken.reduce((sum, own, column) => sum + own * packing.weights[column]!, 0);
        const optimum = jobs * bonus + expected[file]!.optimum[index]!;
        expect(value(search(packing).taken)).toBe(optimum);
        const repaired = lagrangianRepair(packing);
        expect(value(repaired.taken)).toBeLessThanOrEqual(optimum);
        expect(value(repaired.taken)).toBeGreaterThan(0.9 * optimum);
        expect(dualBound(packing, repaired.prices)).toBeGreaterThanOrEqual(optimum);
      }
    },
  );

  function read(file: string): GeneralisedAssignment[] {
    const text = gunzipSync(readFileSync(`${folder}/${file}.txt.gz`)).toString("utf8");
    const numbers = text.trim().split(/\s+/).map(Number)[Symbol.iterator]();
    const next = (): number => numbers.next().value!;
    const row = (length: number): number[] => Array.from({ length }, next);
    return Array.from({ length: next() }, () => {
      const [agents, jobs] = [next(), next()];
      const table = (): number[][] => Array.from({ length: agents }, () => row(jobs));
      return { weights: table(), sizes: table(), capacities: row(agents) };
    });
  }
});
