import { ConnectError, createClient } from "@connectrpc/connect";
import { TokenService } from "@marketmesh/contracts/identity/v1";
import { startTestIssuer } from "@marketmesh/testkit";
import {
  type Attributes,
  type Context,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { expect, test } from "vitest";
import { channel } from "../mesh/channel.ts";
import { clientTracer, tracedTransport } from "../mesh/traced-transport.ts";

interface Seen {
  readonly name: string;
  readonly kind: SpanKind | undefined;
  status?: SpanStatusCode;
  readonly parentTraceId: string | undefined;
  readonly attributes: Attributes;
  ended: boolean;
}

/** Records what a tracer provider is told. */
function record(): Seen[] {
  const seen: Seen[] = [];
  const startSpan = (name: string, options: SpanOptions = {}, parent?: Context) => {
    const own: Seen = {
      name,
      kind: options.kind,
      parentTraceId: parent && trace.getSpanContext(parent)?.traceId,
      attributes: { ...options.attributes },
      ended: false,
    };
    seen.push(own);
    const spanId = String(seen.length).padStart(16, "0");
    const span = trace.wrapSpanContext({
      traceId: own.parentTraceId ?? "1".repeat(32),
      spanId,
      traceFlags: 1,
    });
    return Object.assign(span, {
      isRecording: () => true,
      setAttribute: (key: string, value: string) => Object.assign(own.attributes, { [key]: value }),
      setStatus: ({ code }: { code: SpanStatusCode }) => {
        own.status = code;
        return span;
      },
      end: () => {
        own.ended = true;
      },
    });
  };
  trace.disable();
  trace.setGlobalTracerProvider({
    getTracer: () => ({ startSpan, startActiveSpan: () => undefined as never }),
  });
  return seen;
}

test("a call is a span that continues its caller's trace and ends with the outcome", async () => {
  const seen = record();
  await using issuer = await startTestIssuer();
  const way = channel({ target: issuer.url, attach: () => {}, nowMs: Date.now, random: () => 0 });
  const tokens = createClient(TokenService, way);
  const headers = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
  await tokens.exchangeToken({ grant: { case: "apiKey", value: "mmk_x" } }, { headers });
  await tokens.exchangeToken({ grant: { case: "idToken", value: "x" } }).catch(ConnectError.from);
  way.close();
  await issuer.close();
  expect(seen).toMatchObject([
    {
      name: "marketmesh.identity.v1.TokenService/ExchangeToken",
      kind: SpanKind.SERVER,
      parentTraceId: "0af7651916cd43dd8448eb211c80319c",
      attributes: {
        "rpc.system.name": "connectrpc",
        "rpc.method": "marketmesh.identity.v1.TokenService/ExchangeToken",
      },
      ended: true,
    },
    {
      parentTraceId: undefined,
      attributes: { "rpc.response.status_code": "UNIMPLEMENTED", "error.type": "UNIMPLEMENTED" },
      status: SpanStatusCode.ERROR,
      ended: true,
    },
  ]);
});

test("a refusal fails the client's span and not the server's; the client's trace travels on", async () => {
  const seen = record();
  await using issuer = await startTestIssuer();
  const way = channel({ target: issuer.url, attach: () => {}, nowMs: Date.now, random: () => 0 });
  const tokens = createClient(TokenService, tracedTransport(way, clientTracer()));
  const headers = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
  await tokens.delegateToken({}, { headers }).catch(ConnectError.from);
  way.close();
  await issuer.close();
  const failed = { "error.type": "UNAUTHENTICATED", "rpc.response.status_code": "UNAUTHENTICATED" };
  expect(seen).toMatchObject([
    { kind: SpanKind.CLIENT, parentTraceId: headers.traceparent.slice(3, 35), attributes: failed },
    { kind: SpanKind.SERVER, attributes: { "rpc.response.status_code": "UNAUTHENTICATED" } },
  ]);
  expect(seen[0]?.status).toBe(SpanStatusCode.ERROR);
  expect(seen[1]?.status).toBeUndefined();
  expect(seen[1]?.parentTraceId).toBe(headers.traceparent.slice(3, 35));
});
