import { Agent, request } from "node:http";
import { startTestIssuer, type TestIssuer } from "@marketmesh/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningService, start } from "../src/index.ts";
import { bindEcho } from "./echo.ts";

let issuer: TestIssuer;
let service: RunningService;
let token: string;

beforeAll(async () => {
  issuer = await startTestIssuer();
  service = await start("testing", bindEcho(), {
    MESH_IDENTITY_URL: issuer.url,
    CORS_ORIGINS: "https://app.example, https://b.example",
  });
  token = await issuer.testToken();
});
afterAll(async () => {
  await service?.close();
  await issuer?.close();
});

const path = "/marketmesh.testing.v1.EchoService/Echo";

async function post(body: string | Buffer, headers: Record<string, string> = {}) {
  const response = await fetch(service.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}`, ...headers },
    body,
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? undefined : JSON.parse(text),
  };
}

function detail(body: { details?: { type: string; debug?: unknown }[] }, type: string) {
  return body.details?.find((each) => each.type === type)?.debug;
}

test("JSON over HTTP/1.1 is answered, with a request id", async () => {
  const answer = await post(JSON.stringify({ name: "markets/berlin", text: "hi" }), {
    "x-request-id": "abc-1",
  });
  expect(answer).toMatchObject({ status: 200, body: { text: "hi", requestId: "abc-1" } });
  expect(answer.headers.get("x-request-id")).toBe("abc-1");
});

test("a request id that could forge log lines is replaced", async () => {
  const answer = await post(JSON.stringify({ name: "markets/berlin" }), { "x-request-id": 'a","level":"x' });
  expect(answer.body.requestId).toMatch(/^[0-9a-f-]{36}$/);
});

test.each([
  ["malformed JSON", '{"name": ', undefined],
  ["no JSON at all", "\u0000\u0001", undefined],
  ["an unknown field", '{"name":"markets/berlin","nope":1}', "nope"],
  ["an unknown field inside", '{"name":"markets/berlin","waitMs":1,"x":{"y":2}}', "x"],
  ["a wrong type", '{"name":"markets/berlin","waitMs":"soon"}', "wait_ms"],
  ["a number out of range", '{"name":"markets/berlin","waitMs":-1}', "wait_ms"],
  ["a text that is too long", JSON.stringify({ name: "markets/berlin", text: "x".repeat(1_001) }), "text"],
  ["a value that is not allowed", '{"name":"markets/berlin","fail":"other"}', "fail"],
])("refuses %s", async (_, body, field) => {
  const answer = await post(body);
  expect(answer.status).toBe(400);
  expect(answer.body.code).toBe("invalid_argument");
  expect(detail(answer.body, "google.rpc.ErrorInfo")).toMatchObject({
    reason: "VALIDATION_FAILED",
    domain: "testing.marketmesh",
  });
  if (field !== undefined) {
    expect(detail(answer.body, "google.rpc.BadRequest")).toMatchObject({ fieldViolations: [{ field }] });
  }
  expect(answer.body.message).not.toMatch(/\.ts:|at .*\(/);
});

test("names the field whose text holds what no database keeps", async () => {
  const answer = await post(JSON.stringify({ name: "markets/berlin", text: "a\u0000b" }));
  expect(answer.body.code).toBe("invalid_argument");
  expect(detail(answer.body, "google.rpc.BadRequest")).toMatchObject({
    fieldViolations: [{ field: "text" }],
  });
});

test.each([
  ["a service that is not there", "application/json", '{"service":"nope"}', "not_found", "SERVICE_UNKNOWN"],
  ["malformed bytes", "application/proto", "\u0000\u0000", "invalid_argument", "VALIDATION_FAILED"],
  [
    "a message that is too large",
    "application/proto",
    "x".repeat(5_000_000),
    "resource_exhausted",
    "REQUEST_TOO_LARGE",
  ],
])("says of health too why it refuses %s", async (_, type, body, code, reason) => {
  const response = await fetch(`${service.url}/grpc.health.v1.Health/Check`, {
    method: "POST",
    headers: { "content-type": type },
    body,
  });
  const answer = (await response.json()) as { code: string; details: { type: string; debug?: unknown }[] };
  expect(answer.code).toBe(code);
  expect(detail(answer, "google.rpc.ErrorInfo")).toMatchObject({ reason, domain: "testing.marketmesh" });
});

test("refuses a query that is no base64 as the caller's mistake", async () => {
  const query = "?connect=v1&encoding=proto&base64=1&message=!!!";
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(service.url + path + query, { headers });
  const answer = (await response.json()) as { code: string; details: [] };
  expect(answer.code).toBe("invalid_argument");
  expect(detail(answer, "google.rpc.ErrorInfo")).toMatchObject({ reason: "VALIDATION_FAILED" });
});

test.each([
  [
    "an envelope that says it is compressed",
    Buffer.from([1, 0, 0, 0, 1, 0]),
    "invalid_argument",
    "VALIDATION_FAILED",
  ],
  [
    "an envelope that is too large",
    Buffer.from([0, 255, 255, 255, 255]),
    "resource_exhausted",
    "REQUEST_TOO_LARGE",
  ],
  [
    "bytes that do not parse",
    Buffer.from([0, 0, 0, 0, 2, 255, 255]),
    "invalid_argument",
    "VALIDATION_FAILED",
  ],
])("refuses in a stream %s", async (_, body, code, reason) => {
  const response = await fetch(`${service.url}/marketmesh.testing.v1.EchoService/Collect`, {
    method: "POST",
    headers: { "content-type": "application/connect+proto", authorization: `Bearer ${token}` },
    body,
  });
  const last = Buffer.from(await response.arrayBuffer());
  const { error } = JSON.parse(last.subarray(5).toString()) as { error: { code: string; details: [] } };
  expect(error.code).toBe(code);
  expect(detail(error, "google.rpc.ErrorInfo")).toMatchObject({ reason, domain: "testing.marketmesh" });
});

test.each(["application/grpc-web+proto", "application/connect+proto"])(
  "answers the next call on a connection whose last one was refused half read: %s",
  async (type) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const tooLarge = Buffer.alloc(5 * 1024 * 1024 + 5);
    tooLarge.writeUInt32BE(tooLarge.length - 5, 1);
    const method = type.includes("web") ? "Echo" : "Collect";
    const first = await overAgent(agent, `/marketmesh.testing.v1.EchoService/${method}`, type, tooLarge);
    expect(first).toMatch(/larger/);
    const second = await overAgent(
      agent,
      path,
      "application/json",
      Buffer.from('{"name":"markets/b","text":"hi"}'),
    );
    expect(second).toContain('"text":"hi"');
    agent.destroy();
  },
);

function overAgent(agent: Agent, url: string, type: string, body: Buffer): Promise<string> {
  const headers = { "content-type": type, authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const sent = request(service.url + url, { agent, method: "POST", headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(Buffer.concat(chunks).toString()));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

test("refuses bytes that are no protobuf as the caller's mistake", async () => {
  const answer = await post(Buffer.from([0xff, 0xff, 0xff, 0x01]), { "content-type": "application/proto" });
  expect(answer).toMatchObject({ status: 400, body: { code: "invalid_argument" } });
  expect(detail(answer.body, "google.rpc.ErrorInfo")).toMatchObject({ reason: "VALIDATION_FAILED" });
});

test("accepts 4 MiB and refuses one byte more", async () => {
  const limit = 4 * 1024 * 1024;
  const frame = JSON.stringify({ name: "markets/berlin", attributes: { a: "" } });
  const fits = frame.replace('"a":""', `"a":"${"x".repeat(limit - frame.length)}"`);
  expect((await post(fits)).status).toBe(200);
  const answer = await post(`${fits} `);
  expect(answer.body.code).toBe("resource_exhausted");
  expect(detail(answer.body, "google.rpc.ErrorInfo")).toMatchObject({
    reason: "REQUEST_TOO_LARGE",
    metadata: { limitBytes: String(limit) },
  });
});

test("a small body that unpacks to a huge one is refused", async () => {
  const { gzipSync } = await import("node:zlib");
  const bomb = gzipSync(JSON.stringify({ name: "markets/berlin", text: "x".repeat(64 * 1024 * 1024) }));
  expect(bomb.byteLength).toBeLessThan(100_000);
  const answer = await post(bomb, { "content-encoding": "gzip" });
  expect(answer.body.code).toBe("resource_exhausted");
});

test("a bug answers `internal` and nothing else, and is logged once with its request id", async () => {
  const lines: string[] = [];
  await using logged = await start(
    "testing",
    bindEcho(),
    { MESH_IDENTITY_URL: issuer.url },
    {
      write: (line) => lines.push(line),
    },
  );
  const response = await fetch(logged.url + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${token}`,
      "x-request-id": "find-me",
    },
    body: JSON.stringify({ name: "markets/berlin", text: "secret stuff", fail: "bug" }),
  });
  const text = await response.text();
  expect(response.status).toBe(500);
  expect(JSON.parse(text)).toMatchObject({ code: "internal", message: "internal" });
  expect(text).not.toContain("TypeError");
  const entries = lines.map((line) => JSON.parse(line)).filter((entry) => entry.level === "error");
  expect(entries).toHaveLength(1);
  expect(entries[0]).toMatchObject({
    service: "testing",
    requestId: "find-me",
    cause: { name: "TypeError", message: "broken with [request]" },
  });
  expect(lines.join("")).not.toContain(token);
});

test("a preflight of an allowed origin is answered, of another refused", async () => {
  const preflight = (origin: string) =>
    fetch(service.url + path, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-grpc-web",
      },
    });
  const allowed = await preflight("https://app.example");
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example");
  expect(allowed.headers.get("access-control-allow-headers")?.toLowerCase()).toMatch(
    /x-grpc-web.*authorization/,
  );
  const refused = await preflight("https://evil.example");
  expect(refused.status).toBe(403);
  expect(refused.headers.get("access-control-allow-origin")).toBeNull();
});

test("a gRPC-Web call from a browser may read status and details", async () => {
  const berlin = await issuer.testToken({ market: "berlin" });
  const response = await fetch(service.url + path, {
    method: "POST",
    headers: {
      origin: "https://app.example",
      "content-type": "application/grpc-web+proto",
      "x-grpc-web": "1",
      authorization: `Bearer ${berlin}`,
    },
    body: Buffer.from([0, 0, 0, 0, 0]),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example");
  expect(response.headers.get("access-control-expose-headers")).toMatch(/grpc-status-details-bin/i);
  const body = Buffer.from(await response.arrayBuffer()).toString("latin1");
  // An empty message names no market.
  expect(`grpc-status: ${response.headers.get("grpc-status")}\n${body}`).toMatch(/grpc-status: 3/);
});

test("an unknown path is 404, an unknown method of a known service too", async () => {
  expect((await fetch(`${service.url}/nowhere`)).status).toBe(404);
  expect(
    (await fetch(`${service.url}/marketmesh.testing.v1.EchoService/Nope`, { method: "POST" })).status,
  ).toBe(404);
});
