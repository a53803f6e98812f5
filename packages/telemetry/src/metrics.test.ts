import { expect, test } from "vitest";
import { createMetrics, defineMetric, type MetricOptions, type MetricType } from "./index.ts";

const calls = defineMetric({
  type: "counter",
  name: "calls_total",
  unit: "{call}",
  help: 'Calls of "all"',
  labels: { method: "Which" },
});
const duration = defineMetric({
  type: "histogram",
  name: "duration_seconds",
  unit: "s",
  help: "Time",
  buckets: [0.1, 1],
});
const holds = defineMetric({
  type: "gauge",
  name: "holds",
  unit: "{hold}",
  help: "A reading",
  labels: { state: "Its state" },
});

const sampled = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 };

test("metrics are written as Prometheus reads them", () => {
  const metrics = createMetrics();
  metrics.counter(calls).add(2, { method: 'a"b\n' });
  const seconds = metrics.histogram(duration);
  for (const value of [0.05, 0.1, 0.5, 9]) seconds.observe(value, {}, sampled);
  metrics.gauge(holds, { read: () => [{ labels: { state: "HELD" }, value: 4 }] });
  expect(metrics.text()).toBe(
    [
      '# HELP marketmesh_calls_total Calls of "all"',
      "# TYPE marketmesh_calls_total counter",
      'marketmesh_calls_total{method="a\\"b\\n"} 2',
      "# HELP marketmesh_duration_seconds Time",
      "# TYPE marketmesh_duration_seconds histogram",
      'marketmesh_duration_seconds_bucket{le="0.1"} 2',
      'marketmesh_duration_seconds_bucket{le="1"} 3',
      'marketmesh_duration_seconds_bucket{le="+Inf"} 4',
      "marketmesh_duration_seconds_sum 9.65",
      "marketmesh_duration_seconds_count 4",
      "# HELP marketmesh_holds A reading",
      "# TYPE marketmesh_holds gauge",
      'marketmesh_holds{state="HELD"} 4',
      "",
    ].join("\n"),
  );
});

test("OpenMetrics shows the last sampled trace of each bucket", () => {
  const metrics = createMetrics(() => 1_500);
  metrics.counter(calls).add(1, { method: "a" });
  const seconds = metrics.histogram(duration);
  seconds.observe(0.2, {}, { ...sampled, traceId: "1".repeat(32) });
  seconds.observe(0.5, {}, sampled);
  seconds.observe(0.6, {}, { ...sampled, traceFlags: 0 });
  seconds.observe(7);
  expect(metrics.text("openmetrics")).toBe(
    [
      '# HELP marketmesh_calls Calls of \\"all\\"',
      "# TYPE marketmesh_calls counter",
      'marketmesh_calls_total{method="a"} 1',
      "# HELP marketmesh_duration_seconds Time",
      "# TYPE marketmesh_duration_seconds histogram",
      'marketmesh_duration_seconds_bucket{le="0.1"} 0',
      `marketmesh_duration_seconds_bucket{le="1.0"} 3 # {trace_id="${sampled.traceId}",span_id="${sampled.spanId}"} 0.5 1.5`,
      'marketmesh_duration_seconds_bucket{le="+Inf"} 4',
      "marketmesh_duration_seconds_sum 8.3",
      "marketmesh_duration_seconds_count 4",
      "# EOF",
      "",
    ].join("\n"),
  );
});

test("a label that takes ever new values ends in `overflow`", () => {
  const metrics = createMetrics();
  const counter = metrics.counter(calls);
  for (let id = 0; id < 2_100; id += 1) counter.add(1, { method: String(id) });
  expect(metrics.text()).toContain('{method="overflow"} 100\n');
});

test("a metric outside the catalogue is refused", () => {
  const copy = { ...calls };
  expect(() => createMetrics().counter(copy)).toThrow("calls_total is not in the catalogue");
});

test("two definitions of one name are refused", () => {
  const metrics = createMetrics();
  const twin = defineMetric({ type: "counter", name: "calls_total", unit: "{call}", help: "Other" });
  metrics.counter(calls);
  metrics.counter(calls);
  expect(() => metrics.counter(twin)).toThrow("already");
});

test.each<Partial<MetricOptions<MetricType>>>([
  { name: "calls" },
  { name: "Calls_total" },
  { type: "gauge" },
  { unit: "s" },
  { unit: "By" },
  { help: "" },
  { labels: { job: "The scraper's own" } },
  { type: "gauge", name: "leaders", unit: "1" },
])("a definition with %j is refused", (wrong) => {
  const right: MetricOptions<MetricType> = {
    type: "counter",
    name: "calls_total",
    unit: "{call}",
    help: "C",
  };
  expect(() => defineMetric({ ...right, ...wrong })).toThrow("metric");
});
