export type MetricType = "counter" | "gauge" | "histogram";

/** What a metric is; made by `defineMetric`, listed in docs/METRICS.md. */
export interface MetricDefinition<Type extends MetricType = MetricType> {
  readonly type: Type;
  /** snake_case with the unit last, for example `rpc_server_duration_seconds`; exported with prefix `marketmesh_`. */
  readonly name: string;
  /** UCUM: `s`, `By`, `1` for ratios, `{call}` for things that are counted. */
  readonly unit: string;
  /** What it means, for a reader of a dashboard. */
  readonly help: string;
  /** What each label says, by label name. Values come from small, known sets. */
  readonly labels: Readonly<Record<string, string>>;
  /** Upper bounds of a histogram's buckets, ascending; empty for the others. */
  readonly buckets: readonly number[];
}

export interface MetricOptions<Type extends MetricType> {
  readonly type: Type;
  readonly name: string;
  readonly unit: string;
  readonly help: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Of a histogram; default `durationBuckets`. */
  readonly buckets?: readonly number[];
}

/** Seconds: from 1 ms to 30 s. Every latency objective of the contracts is a bound, or nobody could tell whether it is kept. */
export const durationBuckets: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30,
];

const defined = new WeakSet<object>();

/**
 * Defines a metric. Call it only for exported constants of a `src/metrics.ts`: docs/METRICS.md is made from those files,
 * and a registry takes nothing else. Throws when the name does not say type and unit.
 */
export function defineMetric<const Type extends MetricType>(
  options: MetricOptions<Type>,
): MetricDefinition<Type> {
  const { type, name, unit, help, labels = {} } = options;
  const wrong = mistakeOf(options);
  if (wrong) throw new Error(`metric ${name} ${wrong}`);
  const buckets = type === "histogram" ? (options.buckets ?? durationBuckets) : [];
  const definition = Object.freeze({ type, name, unit, help, labels, buckets });
  defined.add(definition);
  return definition;
}

/** Whether `defineMetric` made it. */
export function isMetricDefinition(value: unknown): value is MetricDefinition {
  return typeof value === "object" && value !== null && defined.has(value);
}

/** What a scrape, a PodMonitor or a histogram adds by itself; ours would be renamed to `exported_job`, or lost. */
const takenLabels: ReadonlySet<string> = new Set([
  ..."job instance le namespace pod container service endpoint".split(" "),
]);

const endingOf: Readonly<Record<string, string>> = { s: "_seconds", By: "_bytes" };

function mistakeOf({ type, name, unit, help, labels = {} }: MetricOptions<MetricType>): string | undefined {
  if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name)) return "is not snake_case";
  if ((type === "counter") !== name.endsWith("_total"))
    return "ends in _total if, and only if, it is a counter";
  // Over OTLP a gauge of unit 1 gets this ending anyway: the name would depend on the way.
  if (type === "gauge" && unit === "1" && !name.endsWith("_ratio"))
    return "is a gauge of unit 1 and must say _ratio; what is counted has a unit in braces";
  const stem = name.replace(/_total$/, "");
  const ending = endingOf[unit];
  if (ending !== undefined && !stem.endsWith(ending)) return `has the unit ${unit} and must say ${ending}`;
  const taken = Object.keys(labels).find((label) => takenLabels.has(label));
  if (taken !== undefined) return `has the label ${taken}, which whoever scrapes it sets`;
  if (unit === "" || help === "") return "needs a unit and a meaning";
  return undefined;
}
