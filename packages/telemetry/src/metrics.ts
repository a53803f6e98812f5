import { type SpanContext, TraceFlags, trace } from "@opentelemetry/api";
import { isMetricDefinition, type MetricDefinition, type MetricType } from "./metric-definition.ts";
import { formatFamilies, type TextFormat } from "./prometheus-text.ts";

/** Label values by label name. Names are fixed by the definition; values must come from small, known sets. */
export type Labels = Readonly<Record<string, string>>;

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

/** Counts observations by upper bound. Each bucket remembers the last sampled trace that fell into it: its exemplar. */
export interface Histogram {
  /** `span` is what the value was observed in; default the active span. */
  observe(value: number, labels?: Labels, span?: SpanContext): void;
  series(labels: Labels): { observe(value: number, span?: SpanContext): void };
}

/** One value at the time of a scrape. */
export interface Reading {
  readonly labels?: Labels;
  readonly value: number;
}

/** Asked at every scrape; cheap, and never throws. */
export type Read = () => number | Iterable<Reading>;

/** The metrics of one process or of one service in it. Asking twice for one definition gives the same metric. */
export interface Metrics {
  counter(definition: MetricDefinition<"counter">, options?: { readonly read?: Read }): Counter;
  gauge(definition: MetricDefinition<"gauge">, options?: { readonly read?: Read }): Gauge;
  histogram(definition: MetricDefinition<"histogram">): Histogram;
  /** Everything, as Prometheus text 0.0.4, or as OpenMetrics 1.0 with exemplars. */
  text(format?: TextFormat): string;
  /** Everything as it stands now, for other exporters. */
  families(): readonly Family[];
}

/** At most this many label combinations a metric; further ones are counted under `overflow`. */
const seriesMax = 2_000;

/** The last sampled trace that fell into a bucket. */
export interface Exemplar {
  readonly value: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly timeMs: number;
}

export interface Series {
  readonly labels: Labels;
  /** Of a histogram: the sum. */
  value: number;
  count: number;
  /** By bucket, not cumulative; the last is the one beyond all bounds. */
  readonly counts: number[];
  readonly exemplars: (Exemplar | undefined)[];
}

/** A metric and its series. */
export interface Family {
  readonly definition: MetricDefinition;
  readonly series: readonly Series[];
}

interface Registered {
  readonly definition: MetricDefinition;
  readonly labelNames: readonly string[];
  readonly series: Map<string, Series>;
  readonly reads: Read[];
}

/** An empty registry. */
export function createMetrics(nowMs: () => number = Date.now): Metrics {
  const registered = new Map<string, Registered>();
  const register = (type: MetricType, definition: MetricDefinition, read?: Read): Registered => {
    if (!isMetricDefinition(definition)) {
      const { name } = definition as { name: string };
      throw new Error(
        `metric ${name} is not in the catalogue: define it with defineMetric in a src/metrics.ts`,
      );
    }
    const known = registered.get(definition.name);
    if (definition.type !== type || (known && known.definition !== definition))
      throw new Error(`metric ${definition.name} is already a ${(known?.definition ?? definition).type}`);
    const labelNames = Object.keys(definition.labels);
    const made: Registered = known ?? { definition, labelNames, series: new Map(), reads: [] };
    if (read) made.reads.push(read);
    registered.set(definition.name, made);
    return made;
  };
  const families = () => [...registered.values()].map(familyOf);
  return {
    counter: (definition, options) => counterOf(register("counter", definition, options?.read)),
    gauge: (definition, options) => gaugeOf(register("gauge", definition, options?.read)),
    histogram: (definition) => histogramOf(register("histogram", definition), nowMs),
    text: (format = "plain") => formatFamilies(families(), format),
    families,
  };
}

function familyOf(metric: Registered): Family {
  const read = metric.reads.flatMap((each) => {
    const readings = each();
    return typeof readings === "number" ? [{ value: readings }] : [...readings];
  });
  const series = read.map(({ labels = {}, value }) => ({ ...emptySeries(metric, labels), value }));
  return { definition: metric.definition, series: [...metric.series.values(), ...series] };
}

function seriesOf(metric: Registered, labels: Labels): Series {
  const values = metric.labelNames.map((name) => labels[name] ?? "");
  const key = values.join("\u0000");
  const known = metric.series.get(key);
  if (known) return known;
  if (metric.series.size >= seriesMax && !values.every((value) => value === "overflow"))
    return seriesOf(metric, Object.fromEntries(metric.labelNames.map((name) => [name, "overflow"])));
  const made = emptySeries(metric, labels);
  metric.series.set(key, made);
  return made;
}

function emptySeries({ definition, labelNames }: Registered, labels: Labels): Series {
  const buckets = definition.type === "histogram" ? definition.buckets.length + 1 : 0;
  return {
    labels: Object.fromEntries(labelNames.map((name) => [name, labels[name] ?? ""])),
    value: 0,
    count: 0,
    counts: new Array<number>(buckets).fill(0),
    exemplars: new Array<undefined>(buckets).fill(undefined),
  };
}

function counterOf(metric: Registered): Counter {
  const add = (series: Series, value: number) => {
    series.value += value;
  };
  return {
    add: (value = 1, labels = {}) => add(seriesOf(metric, labels), value),
    series: (labels) => {
      const series = seriesOf(metric, labels);
      return { add: (value = 1) => add(series, value) };
    },
  };
}

function gaugeOf(metric: Registered): Gauge {
  return {
    set: (value, labels = {}) => {
      seriesOf(metric, labels).value = value;
    },
    add: (value, labels = {}) => {
      seriesOf(metric, labels).value += value;
    },
  };
}

function histogramOf(metric: Registered, nowMs: () => number): Histogram {
  const { buckets } = metric.definition;
  const observe = (series: Series, value: number, span = trace.getActiveSpan()?.spanContext()) => {
    series.value += value;
    series.count += 1;
    const at = bucketOf(buckets, value);
    series.counts[at] = (series.counts[at] as number) + 1;
    if (!span || (span.traceFlags & TraceFlags.SAMPLED) === 0) return;
    series.exemplars[at] = { value, traceId: span.traceId, spanId: span.spanId, timeMs: nowMs() };
  };
  return {
    observe: (value, labels = {}, span) => observe(seriesOf(metric, labels), value, span),
    series: (labels) => {
      const series = seriesOf(metric, labels);
      return { observe: (value, span) => observe(series, value, span) };
    },
  };
}

function bucketOf(buckets: readonly number[], value: number): number {
  let at = 0;
  while (at < buckets.length && value > (buckets[at] as number)) at += 1;
  return at;
}
