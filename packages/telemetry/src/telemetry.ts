import { type Attributes, type Span, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import type { Logger } from "./logger.ts";
import { createMetrics, type Metrics } from "./metrics.ts";

/** What a service tells about itself: spans, metrics and log lines. */
export interface Telemetry {
  readonly service: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  /** Runs `work` inside a span; a rejection marks the span as failed and passes on. */
  span<T>(name: string, attributes: Attributes, work: (span: Span) => Promise<T>): Promise<T>;
}

/** The telemetry of one service. Spans go to the globally registered tracer provider; without one they cost nothing. */
export function createTelemetry(service: string, log: Logger, metrics: Metrics = createMetrics()): Telemetry {
  const tracer = trace.getTracer(`marketmesh.${service}`);
  return {
    service,
    log,
    metrics,
    tracer,
    span: (name, attributes, work) =>
      tracer.startActiveSpan(name, { attributes }, async (span) => {
        try {
          return await work(span);
        } catch (cause) {
          span.setStatus({
            code: SpanStatusCode.ERROR,
            message: cause instanceof Error ? cause.name : "error",
          });
          throw cause;
        } finally {
          span.end();
        }
      }),
  };
}

/** The W3C traceparent of the span that is active now; empty when the call is not traced. */
export function activeTraceparent(): string {
  const span = trace.getActiveSpan()?.spanContext();
  if (!span) return "";
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, "0")}`;
}
