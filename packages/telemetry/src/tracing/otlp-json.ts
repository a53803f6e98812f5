import type { Attributes, AttributeValue, HrTime } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";

/**
 * Spans as one line of OTLP/JSON (`TracesData`), what the OpenTelemetry Collector reads with `otlpjsonfile`. All of one
 * resource. Ends with a newline.
 */
export function otlpLine(spans: readonly ReadableSpan[]): string {
  const scopes = Map.groupBy(spans, (span) => span.instrumentationScope.name);
  const scopeSpans = [...scopes].map(([name, own]) => ({ scope: { name }, spans: own.map(spanOf) }));
  const resource = { attributes: attributesOf(spans[0]?.resource.attributes ?? {}) };
  return `${JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] })}\n`;
}

function spanOf(span: ReadableSpan) {
  const { traceId, spanId } = span.spanContext();
  const { parentSpanContext: parent, links, status, droppedLinksCount } = span;
  return {
    traceId,
    spanId,
    ...(parent && { parentSpanId: parent.spanId }),
    name: span.name,
    // The API counts kinds from 0, the protocol from 1.
    kind: span.kind + 1,
    startTimeUnixNano: nanosOf(span.startTime),
    endTimeUnixNano: nanosOf(span.endTime),
    attributes: attributesOf(span.attributes),
    ...(links.length > 0 && {
      links: links.map(({ context }) => ({ traceId: context.traceId, spanId: context.spanId })),
    }),
    ...(droppedLinksCount > 0 && { droppedLinksCount }),
    ...(status.code !== 0 && { status: { code: status.code, message: status.message ?? "" } }),
  };
}

function nanosOf([seconds, nanos]: HrTime): string {
  return `${seconds}${String(nanos).padStart(9, "0")}`;
}

function attributesOf(attributes: Attributes) {
  const pairs = [];
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined && value !== null) pairs.push({ key, value: anyValueOf(value) });
  }
  return pairs;
}

function anyValueOf(value: AttributeValue): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number")
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map((item) => anyValueOf(item ?? "")) } };
  return { stringValue: JSON.stringify(value) };
}
