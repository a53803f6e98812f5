import { existsSync, readFileSync } from "node:fs";

/** How one test of a run ended. */
export interface TestResult {
  /** Relative to the checkout. */
  readonly file: string;
  /** With the groups that it is in: `holds > a hold ends once`. */
  readonly name: string;
  readonly state: "passed" | "failed" | "skipped";
}

/** What a whole `npm test` leaves behind, in `.marketmesh/test-results.json`. */
export interface TestResults {
  /** The commit that was checked out; empty without history. */
  readonly commit: string;
  /** Of the sources at the beginning of the run, see `sourcesDigest`. */
  readonly sources: string;
  /** When the run ended, ISO 8601. */
  readonly time: string;
  readonly tests: readonly TestResult[];
  /** Percent of lines that they ran, by `services/catalog`, `packages/rules` and so on. */
  readonly coverage: Readonly<Record<string, number>>;
}

/** Where a run's reporter leaves its tests; absent: nowhere. */
export const RESULTS_FILE_KEY = "MARKETMESH_TEST_RESULTS_FILE";

/** Undefined when there are none that can be read. */
export function readTestResults(path: string): TestResults | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as TestResults;
  } catch {
    return undefined;
  }
}
