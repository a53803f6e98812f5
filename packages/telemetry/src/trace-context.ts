import { context, isSpanContextValid, type Link, type SpanContext, trace } from "@opentelemetry/api";

const pattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
// What the SDK keeps of a span by default.
const linksMax = 128;

/** The span that a W3C traceparent names; undefined when there is none or it is malformed. */
export function parseTraceparent(traceparent: string | null | undefined): SpanContext | undefined {
  if (!traceparent) return undefined;
  const [, traceId, spanId, flags] = pattern.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const found = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(found) ? found : undefined;
}

/** `00-<trace id>-<span id>-<flags>`; empty when the span is not part of a trace. */
export function formatTraceparent(span: SpanContext | undefined): string {
  if (!span || !isSpanContextValid(span)) return "";
  return `00-${span.traceId}-${span.spanId}-${(span.traceFlags & 0xff).toString(16).padStart(2, "0")}`;
}

/** The W3C traceparent of the span that is active now; empty when the call is not traced. */
export function activeTraceparent(): string {
  return formatTraceparent(trace.getActiveSpan()?.spanContext());
}

/**
 * Runs `work` as part of the trace that a stored traceparent names: spans that it starts become children of that span,
 * calls that it makes carry the trace on. An empty or malformed traceparent leaves the context as it is.
 */
export function continueTrace<T>(traceparent: string, work: () => T): T {
  const span = parseTraceparent(traceparent);
  return span ? context.with(trace.setSpanContext(context.active(), span), work) : work();
}

/** Links to the spans that stored traceparents name: each once, what is empty or malformed left out, at most 128. */
export function linksTo(traceparents: Iterable<string>): Link[] {
  const links: Link[] = [];
  const seen = new Set<string>();
  for (const traceparent of traceparents) {
    if (seen.has(traceparent)) continue;
    seen.add(traceparent);
    const span = parseTraceparent(traceparent);
    if (span) links.push({ context: span });
    if (links.length === linksMax) break;
  }
  return links;
}
