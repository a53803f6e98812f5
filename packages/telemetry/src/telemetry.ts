import { type Attributes, context, type Span, type SpanKind, type Tracer, trace } from "@opentelemetry/api";
import type { Logger } from "./logger.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { runInSpan } from "./run-in-span.ts";
import { linksTo } from "./trace-context.ts";

/** How a span stands to others. */
export interface SpanRelations {
  /** Default INTERNAL. */
  readonly kind?: SpanKind;
  /** W3C traceparents of spans that this one is about without being their child: those of the events of a batch. */
  readonly links?: Iterable<string>;
}

/** What a service tells about itself: spans, metrics and log lines. */
export interface Telemetry {
  readonly service: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  /** Runs `work` inside a span; a rejection marks the span as failed and passes on. */
  span<T>(
    name: string,
    attributes: Attributes,
    work: (span: Span) => Promise<T>,
    relations?: SpanRelations,
  ): Promise<T>;
}

/** The telemetry of one service. Spans go to the globally registered tracer provider; without one they cost nothing. */
export function createTelemetry(service: string, log: Logger, metrics: Metrics = createMetrics()): Telemetry {
  const tracer = tracerOf(service);
  return {
    service,
    log,
    metrics,
    tracer,
    span: (name, attributes, work, relations) => inSpan(tracer, name, attributes, work, relations),
  };
}

/** The tracer of a service: what its spans are told apart by where several services share a process. */
export function tracerOf(service: string): Tracer {
  return trace.getTracer(`marketmesh.${service}`);
}

/** Runs `work`, sync or async, inside a span; what it throws marks the span as failed (`error.type`) and passes on. */
export function inSpan<T>(
  tracer: Tracer,
  name: string,
  attributes: Attributes,
  work: (span: Span) => T,
  { kind, links }: SpanRelations = {},
): T {
  const options = {
    attributes,
    ...(kind !== undefined && { kind }),
    ...(links && { links: linksTo(links) }),
  };
  const span = tracer.startSpan(name, options);
  return runInSpan(span, trace.setSpan(context.active(), span), work);
}
