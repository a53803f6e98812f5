import type { Attributes, Tracer } from "@opentelemetry/api";

/** A part of a stream's work, ended by leaving the block that uses it. */
export interface Phase extends Disposable {
  tell(key: string, value: number): void;
}

/**
 * Spans for parts of a generator, where no single function is the work: `using span = phase("rank", { ... })`. They
 * are never active: what they enclose may be interleaved with other calls.
 */
export function phaseOf(tracer: Tracer): (name: string, attributes: Attributes) => Phase {
  return (name, attributes) => {
    const span = tracer.startSpan(name, { attributes });
    return {
      tell: (key, value) => {
        span.setAttribute(key, value);
      },
      [Symbol.dispose]: () => span.end(),
    };
  };
}
