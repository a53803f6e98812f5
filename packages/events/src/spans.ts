import type { Envelope } from "@marketmesh/contracts/events/v1";
import { batchSpan, failSpan } from "@marketmesh/telemetry";
import { type Attributes, SpanKind, trace } from "@opentelemetry/api";

const tracer = trace.getTracer("@marketmesh/events");

/** A message that goes out with some facts. */
interface Sending {
  readonly feed: string;
  readonly subject: string;
  readonly traceparents: readonly string[];
}

/** Spans follow the semantic conventions of messaging; see `batchSpan` for when they are children and when they link. */
export function publishSpan<T>({ feed, subject, traceparents }: Sending, work: () => T): T {
  const attributes = attributesOf("publish", "send", subject, traceparents.length);
  return batchSpan(
    tracer,
    { name: `publish ${feed}`, kind: SpanKind.PRODUCER, attributes, traceparents },
    work,
  );
}

/** Of events that a work subscription handles. */
export function processSpan<T>(subscription: string, envelopes: readonly Envelope[], work: () => T): T {
  const name = `process ${subscription}`;
  const attributes = attributesOf("process", "process", feedOf(envelopes), envelopes.length);
  attributes["messaging.consumer.group.name"] = subscription;
  return consumeSpan(name, attributes, envelopes, work);
}

/** Of facts that a projection applies. */
export function applySpan<T>(feed: string, envelopes: readonly Envelope[], work: () => T): T {
  const attributes = attributesOf("apply", "process", feedOf(envelopes), envelopes.length);
  return consumeSpan(`apply ${feed}`, attributes, envelopes, work);
}

/** Marks the span that is active as failed: an event of its batch was not handled, though the others were. */
export function failActiveSpan(failure: unknown): void {
  const span = trace.getActiveSpan();
  if (span) failSpan(span, failure);
}

function consumeSpan<T>(
  name: string,
  attributes: Attributes,
  envelopes: readonly Envelope[],
  work: () => T,
): T {
  const traceparents = envelopes.map(({ traceparent }) => traceparent);
  return batchSpan(tracer, { name, kind: SpanKind.CONSUMER, attributes, traceparents }, work);
}

function attributesOf(operation: string, type: string, destination: string, count: number): Attributes {
  return {
    "messaging.system": "nats",
    "messaging.operation.name": operation,
    "messaging.operation.type": type,
    "messaging.destination.name": destination,
    "messaging.batch.message_count": count,
  };
}

function feedOf([first]: readonly Envelope[]): string {
  return first ? `${first.service}.${first.feed}` : "";
}
