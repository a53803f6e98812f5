import { type Context, context, type Span, SpanStatusCode } from "@opentelemetry/api";

/** Runs work with a span active and ends it with the work, now or when what it returns settles. */
export function runInSpan<T>(span: Span, within: Context, work: (span: Span) => T): T {
  const fail = (cause: unknown): never => {
    failSpan(span, cause);
    span.end();
    throw cause;
  };
  let result: T;
  try {
    result = context.with(within, () => work(span));
  } catch (cause) {
    return fail(cause);
  }
  if (!(result instanceof Promise)) {
    span.end();
    return result;
  }
  return result.then((value) => {
    span.end();
    return value;
  }, fail) as T;
}

/** Marks a span as failed. Only the error's name is told: its message may hold what does not belong in a trace. */
export function failSpan(span: Span, cause: unknown): void {
  const type = cause instanceof Error ? cause.name : "error";
  span.setAttribute("error.type", type);
  span.setStatus({ code: SpanStatusCode.ERROR, message: type });
}
