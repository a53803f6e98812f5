import { Code } from "@connectrpc/connect";
import { streamAttribute } from "@marketmesh/telemetry";
import {
  type Attributes,
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
} from "@opentelemetry/api";
import { codeName } from "./code-name.ts";

/** `grpc` stands for gRPC-Web as well. */
export type RpcSystem = "connectrpc" | "grpc";

/** What a span of a call tells about its method; see the semantic conventions of RPC. */
export interface SpannedMethod {
  /** `marketmesh.catalog.v1.CatalogService/GetListing` */
  readonly name: string;
  readonly unary: boolean;
}

// By which codes a server says that it failed itself; the others are the client's to read.
const faults = new Set([
  Code.Unknown,
  Code.DeadlineExceeded,
  Code.Unimplemented,
  Code.Internal,
  Code.Unavailable,
  Code.DataLoss,
]);

/** Starts the span of a call on either side. */
export function startCallSpan(
  tracer: Tracer,
  kind: SpanKind.CLIENT | SpanKind.SERVER,
  { name, unary }: SpannedMethod,
  system: RpcSystem,
  parent: Context,
): Span {
  const attributes: Attributes = { "rpc.system.name": system, "rpc.method": name };
  if (!unary) attributes[streamAttribute] = true;
  return tracer.startSpan(name, { kind, attributes }, parent);
}

/** Ends it with the outcome; undefined is success. A client failed by any code, a server only by its own faults. */
export function endCallSpan(
  span: Span,
  kind: SpanKind.CLIENT | SpanKind.SERVER,
  code: Code | undefined,
): void {
  if (code !== undefined && span.isRecording()) {
    const name = codeName(code);
    span.setAttribute("rpc.response.status_code", name);
    if (kind === SpanKind.CLIENT || faults.has(code)) {
      span.setAttribute("error.type", name);
      span.setStatus({ code: SpanStatusCode.ERROR, message: name });
    }
  }
  span.end();
}
