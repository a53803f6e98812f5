import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkBoundaries } from "./check-boundaries.ts";
import { checkoutDir } from "./state-folder.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "marketmesh-boundaries-"));
  put(
    "packages/markets/labor/kinds/candidate.json",
    JSON.stringify({ properties: { years_experience: {}, skills: {} } }),
  );
  put("services/catalog/src/clean.ts", 'export const a = "kind"; // a candidate may be an example\n');
  put("services/scoring/src/clean.ts", "export const b = 1;\n");
});
afterEach(() => rmSync(root, { recursive: true }));

test("finds nothing where nothing is", () => {
  expect(checkBoundaries(root)).toEqual([]);
});

test.each([
  ["services/catalog/src/x.ts", 'if (kind === "candidate") {}', 'names "candidate"'],
  ["services/catalog/src/x.ts", "listing.attributes.years_experience > 3;", 'names "years_experience"'],
  ["services/catalog/src/x.ts", "row.yearsExperience > 3;", 'names "years_experience"'],
  ["services/catalog/src/x.ts", "const q = `SELECT attributes->>'skills'`;", 'names "skills"'],
  ["packages/ranking/src/x.ts", 'overlap("skills");', 'names "skills"'],
  ["services/catalog/src/x.ts", 'import { b } from "../../scoring/src/clean.ts";', "services meet in proto/"],
  ["services/catalog/src/x.ts", 'await import("@marketmesh/scoring");', "services meet in proto/"],
  ["packages/rules/src/x.ts", 'import { readFile } from "node:fs";', "imports a Node module"],
  ["packages/rules/src/x.ts", 'import postgres from "postgres";', "imports I/O"],
  [
    "packages/rules/src/x.ts",
    'import { x } from "@marketmesh/events";',
    "imports a package that is not pure",
  ],
  ["packages/rules/src/x.ts", "const t = Date.now();", "reads a clock"],
  ["packages/rules/src/x.ts", "const t = new Date();", "reads a clock"],
  ["packages/allocation-engine/src/x.ts", "const r = Math.random();", "draws randomness"],
])("%s: %s", (path, code, breach) => {
  put(path, code);
  const problems = checkBoundaries(root);
  expect(problems).toEqual([expect.stringContaining(`${path}: `)]);
  expect(problems[0]).toContain(breach);
});

test("tests and comments may name what they like", () => {
  put("services/catalog/src/x.test.ts", 'const kind = "candidate";');
  put("services/catalog/src/y.ts", '/* like "candidate" */\n// or "skills"\n');
  expect(checkBoundaries(root)).toEqual([]);
});

test("this repository keeps its boundaries", () => {
  expect(checkBoundaries(checkoutDir)).toEqual([]);
});

function put(path: string, code: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), code);
}
