import { SpanStatusCode, type TimeInput, TraceFlags } from "@opentelemetry/api";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { expect, test } from "vitest";
import { keepNotable, streamAttribute } from "./keep-notable.ts";
import { headSampler } from "./sampler.ts";

function unsampled() {
  const exporter = new InMemorySpanExporter();
  const processor = keepNotable(new SimpleSpanProcessor({ exporter }), 1_000, () => 0);
  const sampler = headSampler({ parentBased: true, ratio: 0, tracesPerSecond: 0 }, () => 0);
  const tracer = new TracerProvider({ sampler, spanProcessors: [processor] }).getTracer("test");
  const span = (name: string, ms: number, change: { failed?: boolean; stream?: boolean } = {}) => {
    const start = 1_700_000_000_000;
    const attributes = change.stream ? { [streamAttribute]: true } : {};
    const made = tracer.startSpan(name, { startTime: start, attributes });
    if (change.failed) made.setStatus({ code: SpanStatusCode.ERROR });
    made.end((start + ms) as TimeInput);
  };
  return { span, exported: () => exporter.getFinishedSpans() };
}

test("of what is not sampled, failures and slow spans are exported, nothing else", () => {
  const { span, exported } = unsampled();
  span("fast", 999);
  span("slow", 1_000);
  span("failed", 1, { failed: true });
  span("a long stream", 60_000, { stream: true });
  expect(exported().map(({ name }) => name)).toEqual(["slow", "failed"]);
  // Exporters look at the flag.
  expect(exported().every((each) => each.spanContext().traceFlags === TraceFlags.SAMPLED)).toBe(true);
});

test("when everything fails a hundred a second are exported", () => {
  const { span, exported } = unsampled();
  for (let n = 0; n < 1_000; n += 1) span("failed", 1, { failed: true });
  expect(exported()).toHaveLength(100);
});
