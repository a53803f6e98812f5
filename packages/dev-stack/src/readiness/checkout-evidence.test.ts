import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { checkoutEvidence } from "./checkout-evidence.ts";
import { beginRun } from "./keep-results.ts";

const checkout = mkdtempSync(join(tmpdir(), "marketmesh-evidence-"));
const stateDir = join(checkout, ".marketmesh");
afterAll(() => rmSync(checkout, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(checkout, path)), { recursive: true });
  writeFileSync(join(checkout, path), text);
}

const open = () => checkoutEvidence({ checkout, stateDir, services: [] });
const problem = (value: unknown) => (value instanceof Error ? value.message : value);

test("results count for the sources that they are of, prose aside", () => {
  write("services/a/src/x.ts", "export {};");
  expect(problem(open().tests())).toBe("there are no test results: run npm test");
  const run = beginRun(checkout, stateDir);
  write(
    ".marketmesh/coverage/coverage-summary.json",
    JSON.stringify({ [join(checkout, "services/a/src/x.ts")]: { lines: { total: 4, covered: 3 } } }),
  );
  writeFileSync(run.testsFile, JSON.stringify([{ file: "a.test.ts", name: "is so", state: "passed" }]));
  const kept = run.keep();
  expect(open().tests()).toEqual(kept);
  expect(open().coverage("a")).toBe(75);
  expect(problem(open().coverage("b"))).toBe("no line of b was counted: run npm test");

  write("services/a/README.md", "# a");
  write("services/a/node_modules/b/index.js", "");
  expect(open().tests()).toEqual(kept);
  write("services/a/src/y.ts", "export {};");
  expect(problem(open().tests())).toMatch(/are of other sources: run npm test$/);
  expect(problem(open().coverage("a"))).toMatch(/run npm test$/);
});

test("files are read as they are, folders are none, and what cannot be had is an error", async () => {
  write("deploy/rules/a.yaml", "groups: []");
  expect(open().file("deploy/rules/a.yaml")).toBe("groups: []");
  expect(open().file("deploy/rules")).toBeUndefined();
  expect(open().filesBelow("deploy")).toEqual(["deploy/rules/a.yaml"]);
  expect(open().filesBelow("absent")).toEqual([]);
  expect(problem(await open().terraform("modules/absent"))).toContain("there is no .tf file");
  expect(problem(await open().manifests())).toContain("helm does not render the chart");
});

test("Terraform's resources are told by type and name", async () => {
  write(
    "terraform/modules/db/main.tf",
    'resource "db" "primary" {\n  multi = true\n  settings {\n    tier = 2\n  }\n}\n',
  );
  expect(await open().terraform("modules/db")).toEqual([
    { type: "db", name: "primary", body: { multi: true, settings: [{ tier: 2 }] } },
  ]);
});
