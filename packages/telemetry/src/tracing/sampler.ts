import { isSpanContextValid, type Link, SamplingDecision, TraceFlags, trace } from "@opentelemetry/api";
import type { Sampler, SamplingResult } from "@opentelemetry/sdk-trace";
import { tokenBucket } from "./token-bucket.ts";

/** Which traces are kept whole; decided where a trace begins. */
export interface Sampling {
  /** Whether a call that comes with a trace follows the decision of where it began. */
  readonly parentBased: boolean;
  /** The share of traces that are kept, 0 to 1. */
  readonly ratio: number;
  /** So many traces a second are kept in any case: those of a quiet system, and of a person who tries something. */
  readonly tracesPerSecond: number;
}

/** On a span that begins a trace: 1 keeps it whatever the ratio, 0 even though it links to one that is kept does not. */
export const keepTrace = "sampling.priority";

const keep: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
// Recorded all the same, so that its end can tell whether it failed or was slow.
const watch: SamplingResult = { decision: SamplingDecision.RECORD };

/**
 * Head sampling by ratio with a guaranteed number a second. What is not sampled is recorded without being exported, and
 * travels on with the flag unset; see `keepNotable`.
 */
export function headSampler({ parentBased, ratio, tracesPerSecond }: Sampling, nowMs: () => number): Sampler {
  const guaranteed = tokenBucket(tracesPerSecond, nowMs);
  const below = Math.floor(Math.min(Math.max(ratio, 0), 1) * 0x1_0000_0000);
  return {
    shouldSample(active, traceId, _name, _kind, attributes, links) {
      const parent = parentBased ? trace.getSpanContext(active) : undefined;
      if (parent && isSpanContextValid(parent))
        return (parent.traceFlags & TraceFlags.SAMPLED) !== 0 ? keep : watch;
      const priority = attributes[keepTrace];
      if (priority === 1 || (priority === undefined && links.some(isSampled))) return keep;
      // The last 32 bits of a trace id are random in every W3C version.
      if (Number.parseInt(traceId.slice(24), 16) < below) return keep;
      return guaranteed() ? keep : watch;
    },
    toString: () => `Head{ratio=${ratio},tracesPerSecond=${tracesPerSecond}}`,
  };
}

function isSampled({ context }: Link): boolean {
  return (context.traceFlags & TraceFlags.SAMPLED) !== 0;
}

/** The sampling that the standard's OTEL_TRACES_SAMPLER and its argument ask for; undefined when the name is unknown. */
export function standardSampling(name: string, ratio: number): Sampling | undefined {
  const parentBased = name.startsWith("parentbased_");
  const shares: Record<string, number> = { always_on: 1, always_off: 0, traceidratio: ratio };
  const share = shares[name.replace(/^parentbased_/, "")];
  return share === undefined ? undefined : { parentBased, ratio: share, tracesPerSecond: 0 };
}
