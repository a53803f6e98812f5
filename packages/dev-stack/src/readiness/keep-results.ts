import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { coverageByOwner, percentOf } from "../coverage.ts";
import { sourcesDigest } from "./sources-digest.ts";
import type { TestResult, TestResults } from "./test-results.ts";

/** A run of tests that has begun. */
export interface RunUnderWay {
  /** Where its reporter leaves the tests. */
  readonly testsFile: string;
  /** Writes `test-results.json` to the state folder. Throws when the run left nothing. */
  keep(): TestResults;
}

/** Remembers what sources a run began with. */
export function beginRun(checkout: string, stateDir: string): RunUnderWay {
  mkdirSync(stateDir, { recursive: true });
  const testsFile = join(stateDir, `tests-${process.pid}.json`);
  const begun = { commit: commitOf(checkout), sources: sourcesDigest(checkout) };
  return {
    testsFile,
    keep() {
      const tests = JSON.parse(readFileSync(testsFile, "utf8")) as TestResult[];
      rmSync(testsFile);
      const coverage = coverageByOwner(coverageSummary(stateDir), checkout);
      const results: TestResults = {
        ...begun,
        time: new Date().toISOString(),
        tests,
        coverage: Object.fromEntries(coverage.map((one) => [one.owner, percentOf(one)])),
      };
      writeFileSync(join(stateDir, "test-results.json"), JSON.stringify(results));
      return results;
    },
  };
}

/** Where vitest leaves what was covered. */
export function coverageSummary(stateDir: string): string {
  return join(stateDir, "coverage", "coverage-summary.json");
}

function commitOf(checkout: string): string {
  const { status, stdout } = spawnSync("git", ["rev-parse", "HEAD"], { cwd: checkout, encoding: "utf8" });
  return status === 0 ? stdout.trim() : "";
}
