import { inSpan, tracerOf } from "@marketmesh/telemetry";
import type { Attributes, Span, Tracer } from "@opentelemetry/api";

/** Of the phases of a decision. */
export const tracer: Tracer = tracerOf("allocation");

/** Runs a phase of a decision inside a span. */
export function phase<T>(name: string, attributes: Attributes, work: (span: Span) => T): T {
  return inSpan(tracer, name, attributes, work);
}
