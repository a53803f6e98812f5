import {
  type Attributes,
  type Context,
  context,
  type Span,
  type SpanKind,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { failSpan } from "./telemetry.ts";
import { linksTo, parseTraceparent } from "./trace-context.ts";

export interface BatchSpanOptions {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  /** Where each thing of the batch comes from: W3C traceparents, empty for what was not traced. */
  readonly traceparents: Iterable<string>;
}

/**
 * Runs work on a batch inside a span. Where the whole batch belongs to one trace the span is its child; else it begins a
 * trace of its own that links to the sampled ones (at most 128), and is sampled when one of them is.
 */
export function batchSpan<T>(tracer: Tracer, options: BatchSpanOptions, work: () => T): T {
  const { name, kind, attributes } = options;
  const distinct = new Set(options.traceparents);
  const [only] = distinct;
  const parent = distinct.size === 1 ? parseTraceparent(only) : undefined;
  const links = parent ? [] : linksTo(distinct).filter((link) => isSampled(link.context.traceFlags));
  const base: Context = trace.deleteSpan(context.active());
  const under = parent ? trace.setSpanContext(base, parent) : base;
  const span = tracer.startSpan(name, { kind, attributes, links }, under);
  return runIn(span, trace.setSpan(under, span), work);
}

function runIn<T>(span: Span, within: Context, work: () => T): T {
  const fail = (cause: unknown): never => {
    failSpan(span, cause);
    span.end();
    throw cause;
  };
  let result: T;
  try {
    result = context.with(within, work);
  } catch (cause) {
    return fail(cause);
  }
  if (!(result instanceof Promise)) {
    span.end();
    return result;
  }
  return result.then((value) => {
    span.end();
    return value;
  }, fail) as T;
}

function isSampled(flags: number): boolean {
  return (flags & TraceFlags.SAMPLED) !== 0;
}
