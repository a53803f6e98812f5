import {
  type Attributes,
  type Span,
  type SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { Logger } from "./logger.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
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
  const tracer = trace.getTracer(`marketmesh.${service}`);
  return {
    service,
    log,
    metrics,
    tracer,
    span: (name, attributes, work, relations) => inSpan(tracer, name, attributes, work, relations),
  };
}

/** Runs `work` inside a span of this tracer; a rejection marks the span as failed (`error.type`) and passes on. */
export function inSpan<T>(
  tracer: Tracer,
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
  { kind, links }: SpanRelations = {},
): Promise<T> {
  const options = {
    attributes,
    ...(kind !== undefined && { kind }),
    ...(links && { links: linksTo(links) }),
  };
  return tracer.startActiveSpan(name, options, async (span) => {
    try {
      return await work(span);
    } catch (cause) {
      failSpan(span, cause);
      throw cause;
    } finally {
      span.end();
    }
  });
}

/** Marks a span as failed. Only the error's name is told: its message may hold what does not belong in a trace. */
export function failSpan(span: Span, cause: unknown): void {
  const type = cause instanceof Error ? cause.name : "error";
  span.setAttribute("error.type", type);
  span.setStatus({ code: SpanStatusCode.ERROR, message: type });
}
