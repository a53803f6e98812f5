import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestModule } from "vitest/node";

/** How a test run ended. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The line that CI reads, alone on the last line of the output. */
export function closingLine(counts: Counts): string {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
}

/** Where `npm test` wants the counts, to print the closing line itself after everything else. */
export const COUNTS_FILE_KEY = "MARKETMESH_TEST_COUNTS_FILE";

/** vitest reporter that ends the output with the closing line. A file that does not load is a failure too. */
export class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const counts = countTests(modules, unhandled.length);
    // Repeated at the end, in short: who reads only the last lines of a long run still learns what failed.
    const failures = failuresOf(modules).map((line) => `failed: ${line}\n`);
    process.once("exit", () => process.stdout.write(failures.join("")));
    const file = process.env[COUNTS_FILE_KEY];
    if (file) writeFileSync(file, JSON.stringify(counts));
    else process.once("exit", () => process.stdout.write(`${closingLine(counts)}\n`));
  }
}

function countTests(modules: readonly TestModule[], unhandledErrors: number): Counts {
  let passed = 0;
  let failed = unhandledErrors;
  let skipped = 0;
  for (const module of modules) {
    failed += brokenSuites(module);
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === "passed") passed++;
      else if (state === "skipped") skipped++;
      else failed++; // one that never ran to its end has not passed
    }
  }
  return { passed, failed, skipped };
}

const shownFailures = 20;
const shownCharacters = 600;

function failuresOf(modules: readonly TestModule[]): string[] {
  const tests = modules.flatMap((module) => [...module.children.allTests("failed")]);
  return tests.slice(0, shownFailures).map((test) => {
    const message = test.result().errors?.[0]?.message ?? "";
    return `${test.module.relativeModuleId} > ${test.fullName}: ${message.slice(0, shownCharacters)}`;
  });
}

/** Files and groups that failed outside of a test: in an import, a hook. */
function brokenSuites(module: TestModule): number {
  const suites = [...module.children.allSuites()].filter((suite) => suite.errors().length > 0);
  return suites.length + (module.errors().length > 0 ? 1 : 0);
}
