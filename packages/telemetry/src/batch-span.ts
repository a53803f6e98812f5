import {
  type Attributes,
  type Context,
  context,
  type Link,
  type SpanKind,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { runInSpan } from "./run-in-span.ts";
import { formatTraceparent, linksTo, parseTraceparent } from "./trace-context.ts";
import { keepTrace } from "./tracing/sampler.ts";

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
  const links = parent ? [] : sampledLinks(distinct);
  const base: Context = trace.deleteSpan(context.active());
  const under = parent ? trace.setSpanContext(base, parent) : base;
  const span = tracer.startSpan(name, { kind, attributes, links }, under);
  return runInSpan(span, trace.setSpan(under, span), work);
}

/**
 * Begins a trace of its own for one of many things that are made together: a span without duration that links to the one
 * that is active. Whether it is kept is decided for it alone. Returns its traceparent, empty when nothing is recorded.
 */
export function branchTrace(tracer: Tracer, name: string, attributes: Attributes): string {
  const active = trace.getActiveSpan()?.spanContext();
  const links = active ? [{ context: active }] : [];
  const span = tracer.startSpan(name, { root: true, links, attributes: { ...attributes, [keepTrace]: 0 } });
  span.end();
  return formatTraceparent(span.spanContext());
}

/** Links the span that is active to the sampled ones of these: what a batch of answers was about. */
export function linkActiveSpan(traceparents: Iterable<string>): void {
  const span = trace.getActiveSpan();
  if (span?.isRecording()) span.addLinks(sampledLinks(new Set(traceparents)));
}

// A link to what nobody kept leads nowhere.
function sampledLinks(distinct: ReadonlySet<string>): Link[] {
  return linksTo([...distinct].filter(saysSampled));
}

// Of thousands few are sampled, and of those the first are linked: only these are worth parsing.
function saysSampled(traceparent: string): boolean {
  return (Number.parseInt(traceparent.slice(-1), 16) & TraceFlags.SAMPLED) !== 0;
}
