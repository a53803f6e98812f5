import { ConnectError, createClient } from "@connectrpc/connect";
import { TokenService } from "@marketmesh/contracts/identity/v1";
import { startTestIssuer } from "@marketmesh/testkit";
import {
  type Attributes,
  type Context,
  INVALID_SPAN_CONTEXT,
  type SpanOptions,
  trace,
} from "@opentelemetry/api";
import { expect, test } from "vitest";
import { channel } from "../mesh/channel.ts";

interface Seen {
  readonly name: string;
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
      parentTraceId: parent && trace.getSpanContext(parent)?.traceId,
      attributes: { ...options.attributes },
      ended: false,
    };
    seen.push(own);
    const span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    return Object.assign(span, {
      isRecording: () => true,
      setAttribute: (key: string, value: string) => Object.assign(own.attributes, { [key]: value }),
      end: () => {
        own.ended = true;
      },
    });
  };
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
      parentTraceId: "0af7651916cd43dd8448eb211c80319c",
      attributes: { "rpc.service": "marketmesh.identity.v1.TokenService", "rpc.method": "ExchangeToken" },
      ended: true,
    },
    { parentTraceId: undefined, attributes: { "rpc.grpc.status_code": 12 }, ended: true },
  ]);
});
