import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, type StreamResponse, type Transport } from "@connectrpc/connect";
import { formatTraceparent, parseTraceparent } from "@marketmesh/telemetry";
import { context, type Span, SpanKind, type Tracer, trace } from "@opentelemetry/api";
import { endCallSpan, startCallSpan } from "../call-span.ts";
import { plainHeaders } from "./headers.ts";

/**
 * Gives every call a client span, attempts included, and takes its trace along as `traceparent`. The span continues the
 * traceparent that the call is made with, else the trace that is active. Without a tracer that records, that one travels on.
 */
export function tracedTransport(transport: Transport, tracer: Tracer): Transport {
  return {
    async unary(method, signal, timeoutMs, header, input, contextValues) {
      const { span, headers } = begin(tracer, method, header);
      let code: Code | undefined;
      try {
        return await transport.unary(method, signal, timeoutMs, headers, input, contextValues);
      } catch (cause) {
        code = codeOf(cause);
        throw cause;
      } finally {
        endCallSpan(span, SpanKind.CLIENT, code);
      }
    },
    async stream(method, signal, timeoutMs, header, input, contextValues) {
      const { span, headers } = begin(tracer, method, header);
      try {
        const response = await transport.stream(method, signal, timeoutMs, headers, input, contextValues);
        if (!span.isRecording()) return response;
        return { ...response, message: ending(response.message, span) } as typeof response;
      } catch (cause) {
        endCallSpan(span, SpanKind.CLIENT, codeOf(cause));
        throw cause;
      }
    },
  };
}

function begin(tracer: Tracer, method: DescMethod, header: ConstructorParameters<typeof Headers>[0]) {
  const headers = plainHeaders(header);
  const given = parseTraceparent(headers.traceparent);
  const parent = given ? trace.setSpanContext(context.active(), given) : context.active();
  const spanned = { name: `${method.parent.typeName}/${method.name}`, unary: method.methodKind === "unary" };
  const span = startCallSpan(tracer, SpanKind.CLIENT, spanned, "connectrpc", parent);
  const traceparent = formatTraceparent(span.spanContext());
  const tracestate = span.spanContext().traceState?.serialize();
  if (traceparent !== "") headers.traceparent = traceparent;
  if (tracestate) headers.tracestate = tracestate;
  return { span, headers };
}

async function* ending(messages: StreamResponse["message"], span: Span): AsyncIterable<never> {
  let code: Code | undefined;
  try {
    yield* messages as AsyncIterable<never>;
  } catch (cause) {
    code = codeOf(cause);
    throw cause;
  } finally {
    endCallSpan(span, SpanKind.CLIENT, code);
  }
}

function codeOf(cause: unknown): Code {
  return cause instanceof ConnectError ? cause.code : Code.Unknown;
}

/** The tracer of calls that are not made by a service. */
export function clientTracer(): Tracer {
  return trace.getTracer("@marketmesh/client");
}
