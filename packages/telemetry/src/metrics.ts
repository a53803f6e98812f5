import { formatFamily } from "./prometheus-text.ts";

/** Label values by label name. Names are fixed when the metric is made; values must come from small, known sets. */
export type Labels = Readonly<Record<string, string>>;

export interface MetricOptions {
  /** snake_case with the unit last, for example `rpc_server_duration_seconds`; exported with prefix `marketmesh_`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** Only grows. */
export interface Counter {
  add(value?: number, labels?: Labels): void;
  /** The series of these labels, looked up once: for hot paths. */
  series(labels: Labels): { add(value?: number): void };
}

/** Goes up and down. */
export interface Gauge {
  set(value: number, labels?: Labels): void;
  add(value: number, labels?: Labels): void;
}

/** Counts observations by upper bound. */
export interface Histogram {
  observe(value: number, labels?: Labels): void;
  series(labels: Labels): { observe(value: number): void };
}

/** The metrics of one process or of one service in it. Asking twice for one name gives the same metric. */
export interface Metrics {
  counter(options: MetricOptions): Counter;
  gauge(options: MetricOptions & { readonly read?: () => number }): Gauge;
  histogram(options: MetricOptions & { readonly buckets?: readonly number[] }): Histogram;
  /** Prometheus text exposition format 0.0.4. */
  text(): string;
}

/** Seconds: from 1 ms to 30 s. */
export const durationBuckets: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** At most this many label combinations a metric; further ones are counted under `overflow`. */
const seriesMax = 2_000;

export interface Series {
  readonly labels: Labels;
  value: number;
  count: number;
  readonly counts: number[];
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly labelNames: readonly string[];
  readonly buckets: readonly number[];
  readonly series: Map<string, Series>;
  readonly read: (() => number) | undefined;
}

/** An empty registry. */
export function createMetrics(): Metrics {
  const families = new Map<string, Family>();
  const family = (type: Family["type"], options: MetricOptions, extra: Partial<Family> = {}) => {
    const known = families.get(options.name);
    if (known && known.type !== type) throw new Error(`metric ${options.name} is already a ${known.type}`);
    const made: Family = known ?? {
      name: options.name,
      help: options.help,
      type,
      labelNames: options.labels ?? [],
      buckets: extra.buckets ?? [],
      series: new Map(),
      read: extra.read,
    };
    families.set(options.name, made);
    return made;
  };
  return {
    counter: (options) => counterOf(family("counter", options)),
    gauge: (options) => gaugeOf(family("gauge", options, { read: options.read })),
    histogram: (options) =>
      histogramOf(family("histogram", options, { buckets: options.buckets ?? durationBuckets })),
    text: () => [...families.values()].map(formatFamily).join(""),
  };
}

function seriesOf(family: Family, labels: Labels): Series {
  const values = family.labelNames.map((name) => labels[name] ?? "");
  const key = values.join("\u0000");
  const known = family.series.get(key);
  if (known) return known;
  if (family.series.size >= seriesMax && !values.every((value) => value === "overflow")) {
    return seriesOf(family, Object.fromEntries(family.labelNames.map((name) => [name, "overflow"])));
  }
  const made: Series = {
    labels: Object.fromEntries(family.labelNames.map((name, at) => [name, values[at] ?? ""])),
    value: 0,
    count: 0,
    counts: family.buckets.map(() => 0),
  };
  family.series.set(key, made);
  return made;
}

function counterOf(family: Family): Counter {
  const add = (series: Series, value: number) => {
    series.value += value;
  };
  return {
    add: (value = 1, labels = {}) => add(seriesOf(family, labels), value),
    series: (labels) => {
      const series = seriesOf(family, labels);
      return { add: (value = 1) => add(series, value) };
    },
  };
}

function gaugeOf(family: Family): Gauge {
  return {
    set: (value, labels = {}) => {
      seriesOf(family, labels).value = value;
    },
    add: (value, labels = {}) => {
      seriesOf(family, labels).value += value;
    },
  };
}

function histogramOf(family: Family): Histogram {
  return {
    observe: (value, labels = {}) => observe(family, seriesOf(family, labels), value),
    series: (labels) => {
      const series = seriesOf(family, labels);
      return { observe: (value) => observe(family, series, value) };
    },
  };
}

function observe(family: Family, series: Series, value: number): void {
  series.value += value;
  series.count += 1;
  const { buckets } = family;
  for (let at = 0; at < buckets.length; at += 1) {
    if (value <= (buckets[at] as number)) {
      series.counts[at] = (series.counts[at] as number) + 1;
      return;
    }
  }
}
