import { hostname } from "node:os";
import { type HrTime, ValueType } from "@opentelemetry/api";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type MetricProducer,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from "@opentelemetry/sdk-metrics";
import type { Family, Metrics, Series } from "./metrics.ts";
import { metricPrefix } from "./prometheus-text.ts";

const scope = { name: "marketmesh" };

/**
 * Sends the registry to an OTLP collector every minute (OTEL_METRIC_EXPORT_INTERVAL). Endpoint, protocol and headers are
 * the standard's environment variables. A collector that is away costs nothing but the figures of that time.
 */
export async function startOtlpMetrics(service: string, metrics: Metrics): Promise<AsyncDisposable> {
  const { env } = process;
  const exportIntervalMillis = positive(env.OTEL_METRIC_EXPORT_INTERVAL, 60_000);
  const reader = new PeriodicExportingMetricReader({
    exporter: await exporterOf(env),
    exportIntervalMillis,
    exportTimeoutMillis: Math.min(positive(env.OTEL_METRIC_EXPORT_TIMEOUT, 10_000), exportIntervalMillis),
  });
  reader.setMetricProducer(producerOf(service, metrics));
  return { [Symbol.asyncDispose]: () => reader.shutdown({ timeoutMillis: 3_000 }).catch(() => {}) };
}

async function exporterOf(env: NodeJS.ProcessEnv): Promise<PushMetricExporter> {
  const protocol = env.OTEL_EXPORTER_OTLP_METRICS_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL;
  if (protocol === "grpc") {
    const { OTLPMetricExporter } = await import("@opentelemetry/exporter-metrics-otlp-grpc");
    return new OTLPMetricExporter();
  }
  if (protocol === "http/json") {
    const { OTLPMetricExporter } = await import("@opentelemetry/exporter-metrics-otlp-http");
    return new OTLPMetricExporter();
  }
  const { OTLPMetricExporter } = await import("@opentelemetry/exporter-metrics-otlp-proto");
  return new OTLPMetricExporter();
}

function producerOf(service: string, metrics: Metrics): MetricProducer {
  const startTime = hrTimeOf(Date.now() - process.uptime() * 1_000);
  const own = resourceFromAttributes({
    "service.name": process.env.OTEL_SERVICE_NAME || service,
    "process.pid": process.pid,
    // Becomes the label `instance`: without it the replicas of a service would write into one series.
    "service.instance.id": `${hostname()}-${process.pid}`,
  });
  const resource = own.merge(detectResources({ detectors: [envDetector] }));
  return {
    collect: async () => {
      const endTime = hrTimeOf(Date.now());
      const data = metrics.families().map((family) => metricData(family, startTime, endTime));
      return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics: data }] }, errors: [] };
    },
  };
}

/** Exemplars stay behind: a data point of the SDK has no place for them. */
function metricData({ definition, series }: Family, startTime: HrTime, endTime: HrTime): MetricData {
  const { name, help, unit, type, buckets } = definition;
  const base = {
    descriptor: { name: metricPrefix + name, description: help, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const points = <T>(pick: (each: Series) => T) =>
    series.map((each) => ({ startTime, endTime, attributes: { ...each.labels }, value: pick(each) }));
  if (type === "gauge")
    return { ...base, dataPointType: DataPointType.GAUGE, dataPoints: points(({ value }) => value) };
  if (type === "counter") {
    const dataPoints = points(({ value }) => value);
    return { ...base, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
  }
  const dataPoints = points(({ value, count, counts }) => ({
    buckets: { boundaries: [...buckets], counts: [...counts] },
    sum: value,
    count,
  }));
  return { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints };
}

function hrTimeOf(ms: number): HrTime {
  return [Math.floor(ms / 1_000), Math.floor((ms % 1_000) * 1e6)];
}

function positive(text: string | undefined, fallback: number): number {
  return Number(text) > 0 ? Number(text) : fallback;
}
