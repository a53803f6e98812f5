import type { TestResults } from "./test-results.ts";

/**
 * Where checks look, each part read or made when a check first asks. What cannot be had is an Error that says how to get it: its
 * clauses are missing.
 */
export interface Evidence {
  /** The text of a file of the checkout; undefined when there is none. */
  file(path: string): string | undefined;
  /** The files of a folder, recursively, relative to the checkout, sorted. */
  filesBelow(folder: string): readonly string[];
  /** The tests of the last `npm test` of these sources. */
  tests(): TestResults | Error;
  /** Percent of a service's lines that they ran. */
  coverage(service: string): number | Error;
  /** What runs: the service, by itself in a process. */
  process(service: string): Promise<RunningEvidence | Error>;
  /** Every object that the chart renders with production's values. */
  manifests(): Promise<readonly Manifest[] | Error>;
  /** Blocks of the HCL below a folder of terraform/. */
  terraform(folder: string): Promise<readonly TerraformBlock[] | Error>;
  /** What is wrong with a fact about the code, for a service; empty: it holds. Undefined: no such fact is known. */
  fact(name: string, service: string): Promise<FactFinding | undefined>;
}

/** What a process of the service shows of itself. */
export interface RunningEvidence {
  /** The lines of /metrics. */
  readonly metrics: readonly string[];
  /** What the process wrote to stdout. */
  readonly logLines: readonly string[];
  /** Asks its metrics port. */
  get(path: string): Promise<{ readonly status: number; readonly body: string }>;
}

/** A Kubernetes object. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
}

/** A block of HCL. */
export interface TerraformBlock {
  /** `google_sql_database_instance`, or `variable`, `output`... */
  readonly type: string;
  readonly name: string;
  readonly body: unknown;
}

/** What was found out about the code. */
export interface FactFinding {
  readonly problems: readonly string[];
  /** What was looked at, for the reader. */
  readonly seen: string;
}
