import { type SpanContext, SpanStatusCode, TraceFlags } from "@opentelemetry/api";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace";
import { tokenBucket } from "./token-bucket.ts";

/** On a span that lasts as long as somebody listens: its duration tells nothing. */
export const streamAttribute = "marketmesh.stream";

// When everything fails, a hundred spans a second tell as much as all of them.
const notablePerSecond = 100;

/** Passes on what was sampled, and of the rest what failed or took `slowMs` and more, at most 100 spans a second. */
export function keepNotable(next: SpanProcessor, slowMs: number, nowMs: () => number): SpanProcessor {
  const mayPass = tokenBucket(notablePerSecond, nowMs);
  return {
    onStart: () => {},
    onEnd(span) {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) next.onEnd(span);
      else if (isNotable(span, slowMs) && mayPass()) next.onEnd(asSampled(span));
    },
    forceFlush: () => next.forceFlush(),
    shutdown: () => next.shutdown(),
  };
}

function isNotable(span: ReadableSpan, slowMs: number): boolean {
  if (span.status.code === SpanStatusCode.ERROR) return true;
  const [seconds, nanos] = span.duration;
  return seconds * 1_000 + nanos / 1e6 >= slowMs && span.attributes[streamAttribute] !== true;
}

// Processors and exporters drop what has the flag unset.
function asSampled(span: ReadableSpan): ReadableSpan {
  const own: SpanContext = { ...span.spanContext(), traceFlags: TraceFlags.SAMPLED };
  return Object.create(span, { spanContext: { value: () => own } }) as ReadableSpan;
}
