export { followContext } from "./context-manager.ts";
export {
  createLogger,
  type LogFields,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  logLevels,
} from "./logger.ts";
export {
  type Counter,
  createMetrics,
  durationBuckets,
  type Gauge,
  type Histogram,
  type Labels,
  type MetricOptions,
  type Metrics,
} from "./metrics.ts";
export { redact } from "./redact.ts";
export { createTelemetry, failSpan, inSpan, type SpanRelations, type Telemetry } from "./telemetry.ts";
export {
  activeTraceparent,
  continueTrace,
  formatTraceparent,
  linksTo,
  parseTraceparent,
} from "./trace-context.ts";
