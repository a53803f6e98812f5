import { isAlert } from "@marketmesh/slo";
import { describe, expect, test } from "vitest";
import { alertCases } from "./alert-cases.ts";
import { committedGroups, promtool, ruleFilePaths, runCase } from "./run-promtool.ts";
import { sloCases } from "./slo-cases.ts";

test("promtool accepts every rule file", async () => {
  const { ok, output } = await promtool("check", "rules", ...ruleFilePaths());
  expect(ok, output).toBe(true);
  // What its linter finds, such as two rules of one name and labels, does not change its status.
  expect(output.match(/SUCCESS: \d+ rules found/g)).toHaveLength(ruleFilePaths().length);
});

describe("promtool test rules", () => {
  test.each([...sloCases, ...alertCases])("$name", async (one) => {
    const { ok, output } = await runCase(one);
    expect(ok, output).toBe(true);
  });
});

test("every alert fires in one of these cases", () => {
  const named = new Set(
    [...sloCases, ...alertCases]
      .flatMap(({ at }) => Object.values(at).flat())
      .map((alert) => alert.split(" ")[1]),
  );
  const alerts = committedGroups().flatMap(({ rules }) => rules.filter(isAlert).map(({ alert }) => alert));
  expect([...new Set(alerts)].filter((alert) => !named.has(alert))).toEqual([]);
});
