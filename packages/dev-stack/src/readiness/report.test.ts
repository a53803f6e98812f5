import { expect, test } from "vitest";
import type { Verdict } from "./judge.ts";
import { readinessReport } from "./report.ts";

const long = "a word of evidence ".repeat(20).trim();
const verdict = (service: string, status: Verdict["status"], evidence: readonly string[]): Verdict => ({
  service,
  id: "design.state-outside",
  says: "So.",
  status,
  evidence,
});

test("fits 120 columns, tells what lacks in full, and ends with a summary", () => {
  const report = readinessReport([
    verdict("catalog", "ok", [long, long]),
    verdict("catalog", "missing", [long, "and this"]),
    verdict("scoring", "OPERATOR", ["Do it."]),
  ]);
  const lines = report.split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
  expect(report.replace(/\s+/g, " ")).toContain(`missing ${long} and this`);
  expect(lines.filter((line) => line.includes("…"))).toHaveLength(1);
  expect(lines.at(-1)).toBe("readiness of 2 services by 1 clauses: 1 ok, 1 missing, 1 for the operator");
});
