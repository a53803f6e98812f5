/** What is asked of a value. Nothing asked: that it is there, and neither empty nor false. */
export interface Expectation {
  readonly equals?: unknown;
  /** A regular expression on the value as text. */
  readonly matches?: string;
  /** A regular expression that nothing in the value may match. */
  readonly lacks?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Another path of the same document, whose value must be equal. */
  readonly sameAs?: string;
}

/**
 * One piece of evidence, looked at when readiness is asked for. In every text `{service}` stands for the service's name, `{Service}`
 * for the same in capitals (`catalog` and `Catalog`). `at` is a path such as `spec.template.spec.containers.0.image`; `*` stands for
 * each element, of which there must be one.
 */
export type Check =
  | FileCheck
  | TestCheck
  | MetricCheck
  | ProbeCheck
  | LogCheck
  | ManifestCheck
  | AlertCheck
  | DashboardCheck
  | TerraformCheck
  | CodeCheck
  | CoverageCheck;

/** A file of the checkout: its text, or with `at` a value of its YAML or JSON. */
export interface FileCheck extends Expectation {
  readonly file: string;
  readonly at?: string;
}

/** A test that ran and passed in the last `npm test`, by its name without its groups, or by `/a regular expression/` on all of it. */
export interface TestCheck {
  readonly test: string;
  /** Only tests of files below this path. */
  readonly in?: string;
  /** So many of them; default 1. All that match must have passed. */
  readonly atLeast?: number;
  /**
   * It may be skipped where this machine or checkout lacks what it takes, and its group says `(left out: why)`: the report then says so
   * too. For what no code can bring along, such as git history.
   */
  readonly mayBeLeftOut?: boolean;
}

/** A metric that a running process of the service exposes, with labels that begin with these texts. */
export interface MetricCheck {
  readonly metric: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** What a running process of the service answers on its metrics port. */
export interface ProbeCheck extends Expectation {
  readonly probe: string;
  readonly status?: number;
}

/** Lines that a running process of the service wrote to stdout: every one is JSON with these fields. */
export interface LogCheck {
  readonly log: readonly string[];
}

/** A value of a manifest that the chart renders for the service with production's values. */
export interface ManifestCheck extends Expectation {
  /** `Deployment`, or `Deployment/name` where the component has several or the object belongs to no service. */
  readonly manifest: string;
  readonly at?: string;
}

/** An alert of deploy/rules whose name matches, for the service; its severity, and a runbook that exists. */
export interface AlertCheck {
  readonly alert: string;
  /** The file of deploy/rules; default: any. */
  readonly in?: string;
  readonly severity?: string;
}

/** A dashboard of deploy/dashboards by its file's name, with a panel that has this type, or whose query has this text. */
export interface DashboardCheck {
  readonly dashboard: string;
  readonly panel?: string;
  readonly query?: string;
}

/** An attribute of a block in the HCL of terraform/: `google_sql_database_instance` and a path in its body. */
export interface TerraformCheck extends Expectation {
  readonly terraform: string;
  /** The folder below terraform/. */
  readonly in: string;
  readonly at: string;
}

/** A fact about the code that `facts.ts` knows how to establish. */
export interface CodeCheck {
  readonly code: string;
}

/** The share of the service's lines that tests ran in the last `npm test`, in percent. */
export interface CoverageCheck {
  readonly coverage: number;
}

const kinds = [
  "file",
  "test",
  "metric",
  "probe",
  "log",
  "manifest",
  "alert",
  "dashboard",
  "terraform",
  "code",
  "coverage",
] as const;
export type CheckKind = (typeof kinds)[number];

const extras: Readonly<Record<CheckKind, readonly string[]>> = {
  file: ["at", "equals", "matches", "lacks", "atLeast", "atMost", "sameAs"],
  test: ["in", "atLeast", "mayBeLeftOut"],
  metric: ["labels"],
  probe: ["status", "equals", "matches", "lacks"],
  log: [],
  manifest: ["at", "equals", "matches", "lacks", "atLeast", "atMost", "sameAs"],
  alert: ["in", "severity"],
  dashboard: ["panel", "query"],
  terraform: ["in", "at", "equals", "matches", "lacks", "atLeast", "atMost", "sameAs"],
  code: [],
  coverage: [],
};

/** The type of a check is the key that it begins with. */
export function kindOf(check: Check): CheckKind | undefined {
  return kinds.find((kind) => kind in check);
}

/** What is wrong with how a check is written; undefined when nothing is. */
export function checkProblem(check: Check): string | undefined {
  const kind = kindOf(check);
  if (kind === undefined) return `no check is called ${JSON.stringify(check)}`;
  const unknown = Object.keys(check).find((key) => key !== kind && !extras[kind].includes(key));
  return unknown && `a check of type ${kind} has no ${unknown}`;
}
