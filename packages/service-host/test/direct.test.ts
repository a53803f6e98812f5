import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { EchoRequestSchema, EchoResponseSchema, EchoService } from "@marketmesh/contracts/testing/v1";
import { callerOf, channel, reasonOf } from "@marketmesh/rpc";
import { startTestIssuer, type TestIssuer } from "@marketmesh/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningService, start } from "../src/index.ts";
import { echo, endedAtWork } from "./echo.ts";

const bytesMax = 64 * 1024;
const name = "markets/berlin";
/** Makes the transport library serve a call that is served directly without it. */
const byLibrary = { "accept-encoding": "gzip" };

interface Told {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
}

let issuer: TestIssuer;
let service: RunningService;
let session: ClientHttp2Session;
let token = "";
let platformToken = "";
let cancelled = Promise.withResolvers<void>();
let begun = false;
const started = Promise.withResolvers<void>();

beforeAll(async () => {
  issuer = await startTestIssuer();
  const probe = {
    cancelled: () => cancelled.resolve(),
    started: () => {
      begun = true;
      started.resolve();
    },
  };
  service = await start(
    "testing",
    (host) =>
      host.serve(EchoService, {
        ...echo(probe),
        write: ({ text }, context) => {
          context.responseHeader.append("x-said", context.requestHeader.get("x-say") ?? "nothing");
          context.responseTrailer.set("x-last", context.url);
          const ownId = context.requestHeader.get("x-own-id");
          if (ownId !== null) context.responseHeader.set("x-request-id", ownId);
          return { text: `${text} by ${callerOf(context).principal}` };
        },
      }),
    {
      MESH_IDENTITY_URL: issuer.url,
      REQUEST_BYTES_MAX: String(bytesMax),
      RATE_LIMIT_CALLS_PER_SECOND: "1000",
    },
    { write: () => {} },
  );
  session = connect(service.url);
  token = await issuer.testToken({ market: "berlin", principal: "users/ann" });
  platformToken = await issuer.testToken();
});
afterAll(async () => {
  session?.destroy();
  await service?.close();
  await issuer?.[Symbol.asyncDispose]();
});

function open(method: string, more: Record<string, string | undefined>): ClientHttp2Stream {
  const headers = {
    ":method": "POST",
    ":path": `/marketmesh.testing.v1.EchoService/${method}`,
    "content-type": "application/proto",
    authorization: `Bearer ${method === "Write" ? platformToken : token}`,
    "x-request-id": "r-1",
    ...more,
  };
  return session.request(
    Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)),
  );
}

async function told(stream: ClientHttp2Stream): Promise<Told> {
  const [{ ":status": status = 0, date: _, ...headers }] = (await once(stream, "response")) as [
    Record<string, unknown> & { ":status"?: number },
  ];
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return { status, headers: { ...headers }, body: Buffer.concat(chunks) };
}

function ask(method: string, body: Uint8Array, more: Record<string, string | undefined> = {}): Promise<Told> {
  const stream = open(method, more);
  stream.end(body);
  return told(stream);
}

function echoed(request: MessageInitShape<typeof EchoRequestSchema>): Uint8Array {
  return toBinary(EchoRequestSchema, create(EchoRequestSchema, request));
}

describe("a call that is served directly is answered as the transport library answers it", () => {
  const good = echoed({ name, text: "hello" });
  test.each<[what: string, status: number, method: string, Uint8Array, Record<string, string | undefined>?]>([
    ["with a message", 200, "Echo", good],
    ["without one", 200, "EchoPublic", new Uint8Array()],
    ["without one, and a token", 200, "Write", new Uint8Array()],
    ["with headers and trailers of the handler", 200, "Write", new Uint8Array(), { "x-say": "more" }],
    ["that its handler refuses", 404, "Echo", echoed({ name, text: "t", fail: "problem" })],
    ["whose handler is at fault", 500, "Echo", echoed({ name, text: "t", fail: "bug" })],
    ["without a token", 401, "Echo", good, { authorization: undefined }],
    ["with a token that is none", 401, "Echo", good, { authorization: "Bearer none" }],
    ["of another market", 403, "Echo", echoed({ name: "markets/rome" })],
    ["against the rules of its message", 400, "Echo", echoed({ name, text: "x".repeat(1_001) })],
    ["that does not parse", 400, "Echo", Uint8Array.of(10, 200)],
    ["that is too large", 429, "Echo", echoed({ name, text: "x".repeat(bytesMax) })],
    ["whose deadline is no number", 400, "Echo", good, { "connect-timeout-ms": "soon" }],
    ["with a header that came of nobody it trusts", 401, "Echo", good, { "marketmesh-caller": "x" }],
  ])("%s: %i", async (_, status, method, body, more) => {
    const direct = await ask(method, body, more);
    const library = await ask(method, body, { ...more, ...byLibrary });
    expect(direct.status).toBe(status);
    expect({ ...direct, body: direct.body.toString("latin1") }).toEqual({
      ...library,
      body: library.body.toString("latin1"),
    });
    expect(direct.headers["x-request-id"]).toBe("r-1");
  });
});

test("what a handler says in place of the server is said once, as where the library serves", async () => {
  const more = { "x-own-id": "mine" };
  const [direct, library] = await Promise.all(
    [more, { ...more, ...byLibrary }].map((headers) => ask("Write", new Uint8Array(), headers)),
  );
  expect(direct!.headers["x-request-id"]).toBe("mine");
  expect(direct!.headers).toEqual(library!.headers);
});

test("an upload that is refused is not waited for, and its connection goes on", async () => {
  const stream = open("Echo", { "content-length": String(bytesMax + 1) });
  stream.write(Buffer.alloc(10));
  const { status, body } = await told(stream);
  expect(status).toBe(429);
  expect(body.toString()).toContain("REQUEST_TOO_LARGE");
  if (!stream.closed) await once(stream, "close");
  expect((await ask("Echo", echoed({ name }))).status).toBe(200);
});

test("an upload that does not say how large it is ends where it becomes too large", async () => {
  const stream = open("Echo", {});
  stream.on("error", () => {});
  stream.write(Buffer.alloc(bytesMax + 1));
  expect((await told(stream)).body.toString()).toContain("REQUEST_TOO_LARGE");
});

test.each([
  ["directly", {}],
  ["by the library", byLibrary],
])("its deadline also ends the wait for its message, %s", async (_, more) => {
  const stream = open("Echo", { ...more, "connect-timeout-ms": "50" });
  stream.write(Buffer.alloc(1));
  const { status, body } = await told(stream);
  expect(status).toBe(504);
  expect(body.toString()).toContain("DEADLINE_EXCEEDED");
});

test("a client that leaves ends its handler's work, and is counted as one that cancelled", async () => {
  cancelled = Promise.withResolvers();
  const stream = open("Echo", {});
  stream.on("error", () => {});
  stream.end(echoed({ name, waitMs: 60_000 }));
  await started.promise;
  stream.close(constants.NGHTTP2_CANCEL);
  await cancelled.promise;
  const metrics = await (await fetch(`${service.metricsUrl}/metrics`)).text();
  expect(metrics).toMatch(/rpc_server_duration_seconds_count\{[^}]*Echo"[^}]*code="CANCELED"[^}]*\} 1\n/);
});

test("a caller of the mesh hears why its upload is refused, however much of it is left", async () => {
  const way = channel({
    target: service.url,
    attach: (header) => header.set("authorization", `Bearer ${token}`),
    nowMs: Date.now,
    random: () => 0,
  });
  const text = "x".repeat(8 * 1024 * 1024);
  const call = createClient(EchoService, way).echo({ name, text });
  await expect(call).rejects.toSatisfy((cause) => reasonOf(cause) === "REQUEST_TOO_LARGE");
  way.close();
});

test("its deadline ends its handler's work", async () => {
  cancelled = Promise.withResolvers();
  begun = false;
  const { status } = await endedAtWork(
    (timeoutMs) =>
      ask("Echo", echoed({ name, waitMs: 300_000 }), { "connect-timeout-ms": String(timeoutMs) }),
    () => begun,
  );
  expect(status).toBe(504);
  await cancelled.promise;
});

test("what answers directly is the message", async () => {
  const { body } = await ask("Echo", echoed({ name, text: "hello" }));
  expect(fromBinary(EchoResponseSchema, body)).toMatchObject({ text: "hello", principal: "users/ann" });
});
