import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type Covered, coverageByOwner, coverageTable, percentOf, tooLittle } from "./coverage.ts";

const folder = mkdtempSync(join(tmpdir(), "marketmesh-coverage-"));
afterAll(() => rmSync(folder, { recursive: true }));

function summary(files: Record<string, [total: number, covered: number]>): Covered[] {
  const path = join(folder, "coverage-summary.json");
  const entries = Object.entries(files).map(([file, [total, covered]]) => [
    file === "total" ? file : join("/checkout", file),
    { lines: { total, covered } },
  ]);
  writeFileSync(path, JSON.stringify(Object.fromEntries(entries)));
  return coverageByOwner(path, "/checkout");
}

test("files are added up by package and service, the whole last", () => {
  const all = summary({
    total: [999, 1],
    "services/b/src/x.ts": [10, 9],
    "services/b/src/rpc/y.ts": [10, 7],
    "packages/a/src/x.ts": [20, 20],
  });
  expect(all).toEqual([
    { owner: "packages/a", total: 20, covered: 20 },
    { owner: "services/b", total: 20, covered: 16 },
    { owner: "all", total: 40, covered: 36 },
  ]);
  expect(coverageTable(all).split("\n")[1]).toBe(`  ${"services/b".padEnd(32)}  80.0 %  16 of 20 lines`);
});

test("a service at 80 % has too little, one above has enough, a package by itself is not judged", () => {
  const all = summary({
    "services/at/src/x.ts": [10, 8],
    "services/above/src/x.ts": [1000, 801],
    "packages/low/src/x.ts": [1, 0],
  });
  expect(tooLittle(all).map(({ owner }) => owner)).toEqual(["services/at"]);
  expect(tooLittle(summary({ "packages/low/src/x.ts": [10, 1] })).map(({ owner }) => owner)).toEqual(["all"]);
});

test("nothing measured is nothing, and no lines are no gap", () => {
  expect(coverageByOwner(join(folder, "absent.json"), "/checkout")).toEqual([]);
  expect(percentOf({ owner: "services/a", total: 0, covered: 0 })).toBe(100);
});
