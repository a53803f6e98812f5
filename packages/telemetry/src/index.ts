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
export { activeTraceparent, createTelemetry, type Telemetry } from "./telemetry.ts";
