import { expect, test } from "vitest";
import { parseStartOptions } from "./start-options.ts";

test("reads every flag", () => {
  const args = [
    "--exit",
    "--fresh",
    "--report",
    "out.json",
    "--export",
    "d",
    "--scenario=s.yaml",
    "--seed",
    "7",
  ];
  expect(parseStartOptions(args)).toEqual({
    exit: true,
    fresh: true,
    report: "out.json",
    exportDir: "d",
    scenario: "s.yaml",
    seed: 7,
  });
  expect(parseStartOptions([])).toEqual({ exit: false, fresh: false });
});

test.each([
  [["--unknown"]],
  [["stray"]],
  [["--report"]],
  [["--exit=yes"]],
  [["--seed", "x"]],
  [["--seed", "-1"]],
  [["--seed", "2147483648"]],
  [["--seed", "1.5"]],
])("refuses %j", (args) => {
  expect(() => parseStartOptions(args)).toThrow(expect.objectContaining({ code: "FLAG_INVALID" }));
});
