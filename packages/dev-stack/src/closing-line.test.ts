import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkoutDir } from "./state-folder.ts";

test("counts what passed, failed, was skipped and did not load, on the last line", () => {
  const vitest = join(checkoutDir, "node_modules", "vitest", "vitest.mjs");
  const config = join(import.meta.dirname, "..", "test", "fixtures", "closing-line", "vitest.config.ts");
  const { MARKETMESH_TEST_COUNTS_FILE: _, ...env } = process.env;
  const run = spawnSync(process.execPath, [vitest, "run", "--config", config], { encoding: "utf8", env });
  expect(run.stdout.trimEnd().split("\n").at(-1)).toBe("2 passed, 3 failed, 1 skipped");
  expect(run.status).toBe(1);
});
