import {
  type Context,
  ROOT_CONTEXT,
  SamplingDecision,
  SpanKind,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import { headSampler, keepTrace, standardSampling } from "./sampler.ts";

const traceIdOf = (last: number) => last.toString(16).padStart(8, "0").padStart(32, "a");
const spanContext = (traceFlags: TraceFlags) => ({
  traceId: traceIdOf(1),
  spanId: "b".repeat(16),
  traceFlags,
});
const under = (flags: TraceFlags): Context => trace.setSpanContext(ROOT_CONTEXT, spanContext(flags));

function sampling(ratio: number, tracesPerSecond = 0, parentBased = true) {
  let nowMs = 0;
  const sampler = headSampler({ parentBased, ratio, tracesPerSecond }, () => nowMs);
  const keeps = (
    options: { in?: Context; last?: number; attributes?: object; links?: TraceFlags[] } = {},
  ) => {
    const links = (options.links ?? []).map((flags) => ({ context: spanContext(flags) }));
    const attributes = { ...options.attributes };
    const id = traceIdOf(options.last ?? 0xffff_ffff);
    return (
      sampler.shouldSample(options.in ?? ROOT_CONTEXT, id, "x", SpanKind.SERVER, attributes, links)
        .decision === SamplingDecision.RECORD_AND_SAMPLED
    );
  };
  return { keeps, pass: (ms: number) => (nowMs += ms), sampler };
}

describe("head sampling", () => {
  test("keeps the ratio of traces that begin here, by their id", () => {
    const { keeps } = sampling(0.25);
    expect(keeps({ last: 0x3fff_ffff })).toBe(true);
    expect(keeps({ last: 0x4000_0000 })).toBe(false);
  });

  test("follows whoever called, both ways", () => {
    expect(sampling(0).keeps({ in: under(TraceFlags.SAMPLED) })).toBe(true);
    expect(sampling(1).keeps({ in: under(TraceFlags.NONE) })).toBe(false);
    expect(sampling(1, 0, false).keeps({ in: under(TraceFlags.NONE) })).toBe(true);
  });

  test("keeps so many a second in any case, no more", () => {
    const { keeps, pass } = sampling(0, 3);
    const second = () => Array.from({ length: 10 }, () => keeps()).filter(Boolean).length;
    expect(second()).toBe(3);
    pass(1_000);
    expect(second()).toBe(3);
    pass(3_600_000);
    expect(second()).toBe(3);
  });

  test("keeps what is asked to be kept, and batches that link to something kept", () => {
    const { keeps } = sampling(0);
    expect(keeps({ attributes: { [keepTrace]: 1 } })).toBe(true);
    expect(keeps({ links: [TraceFlags.NONE, TraceFlags.SAMPLED] })).toBe(true);
    expect(keeps({ links: [TraceFlags.NONE] })).toBe(false);
    expect(keeps({ links: [TraceFlags.SAMPLED], attributes: { [keepTrace]: 0 } })).toBe(false);
  });

  test("records what it does not keep, so that its end may tell", () => {
    const { sampler } = sampling(0);
    const { decision } = sampler.shouldSample(ROOT_CONTEXT, traceIdOf(1), "x", SpanKind.SERVER, {}, []);
    expect(decision).toBe(SamplingDecision.RECORD);
  });
});

test.each([
  ["always_on", { parentBased: false, ratio: 1, tracesPerSecond: 0 }],
  ["parentbased_always_off", { parentBased: true, ratio: 0, tracesPerSecond: 0 }],
  ["parentbased_traceidratio", { parentBased: true, ratio: 0.5, tracesPerSecond: 0 }],
  ["jaeger_remote", undefined],
])("the standard's sampler %s", (name, expected) => {
  expect(standardSampling(name, 0.5)).toEqual(expected);
});
