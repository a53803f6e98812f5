import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";
import { RESULTS_FILE_KEY, type TestResult } from "./test-results.ts";

/** vitest reporter that leaves every test's name and end in the file that the environment names. */
export class TestResultsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const file = process.env[RESULTS_FILE_KEY];
    if (file) writeFileSync(file, JSON.stringify(modules.flatMap(resultsOf)));
  }
}

function resultsOf(module: TestModule): TestResult[] {
  return [...module.children.allTests()].map((test) => {
    const { state } = test.result();
    // One that never ran to its end has not passed.
    const ended = state === "passed" || state === "skipped" ? state : "failed";
    return { file: module.relativeModuleId, name: test.fullName, state: ended };
  });
}
