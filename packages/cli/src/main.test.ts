import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const run = (...args: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, "main.ts"), ...args], { encoding: "utf8" });

test("says what one command takes", () => {
  const { status, stdout } = run("simulate", "--help");
  expect(status).toBe(0);
  expect(stdout).toMatch(/^marketmesh simulate --scenario F/);
  expect(stdout).not.toContain("marketmesh replay");
});

test("says what there is when it is asked for what there is not", () => {
  const { status, stdout, stderr } = run("help", "dance");
  expect(status).toBe(2);
  expect(stderr).toBe("marketmesh: there is no command dance\n");
  expect(stdout).toContain("marketmesh replay");
});
