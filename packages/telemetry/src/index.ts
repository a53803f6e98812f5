export { type BatchSpanOptions, batchSpan, branchTrace, linkActiveSpan } from "./batch-span.ts";
export { followContext } from "./context-manager.ts";
export { fingerprintOf } from "./fingerprint.ts";
export {
  createLogger,
  type LogFields,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  logLevels,
} from "./logger.ts";
export {
  defineMetric,
  durationBuckets,
  isMetricDefinition,
  type MetricDefinition,
  type MetricOptions,
  type MetricType,
} from "./metric-definition.ts";
export { type MetricExport, startMetricExport } from "./metric-export.ts";
export {
  type Counter,
  createMetrics,
  type Gauge,
  type Histogram,
  type Labels,
  type Metrics,
  type Reading,
} from "./metrics.ts";
export { type Phase, phaseOf } from "./phase.ts";
export { contentTypeOf, metricPrefix, type TextFormat, textFormatFor } from "./prometheus-text.ts";
export { redact } from "./redact.ts";
export { failSpan } from "./run-in-span.ts";
export { createTelemetry, inSpan, type SpanRelations, type Telemetry, tracerOf } from "./telemetry.ts";
export {
  activeTraceparent,
  continueTrace,
  formatTraceparent,
  linksTo,
  parseTraceparent,
} from "./trace-context.ts";
export { streamAttribute } from "./tracing/keep-notable.ts";
export { keepTrace, type Sampling, standardSampling } from "./tracing/sampler.ts";
export { type SpanTarget, startTracing, type Tracing, type TracingOptions } from "./tracing/start-tracing.ts";
