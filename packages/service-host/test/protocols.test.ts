import { Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { infoOf, reasonOf } from "@marketmesh/rpc";
import { startTestIssuer, type TestIssuer } from "@marketmesh/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningService, start } from "../src/index.ts";
import { bindEcho, collected } from "./echo.ts";

let issuer: TestIssuer;
let service: RunningService;
let token: string;

beforeAll(async () => {
  issuer = await startTestIssuer();
  service = await start("testing", bindEcho({ name: "one" }), { MESH_IDENTITY_URL: issuer.url });
  token = await issuer.testToken({ market: "berlin", permissions: ["testing.*"] });
});
afterAll(async () => {
  await service?.close();
  await issuer?.close();
});

const transports = {
  "Connect over HTTP/2": (baseUrl: string) => createConnectTransport({ httpVersion: "2", baseUrl }),
  "Connect over HTTP/1.1": (baseUrl: string) => createConnectTransport({ httpVersion: "1.1", baseUrl }),
  "Connect JSON": (baseUrl: string) =>
    createConnectTransport({ httpVersion: "1.1", baseUrl, useBinaryFormat: false }),
  gRPC: (baseUrl: string) => createGrpcTransport({ baseUrl }),
  "gRPC-Web over HTTP/1.1": (baseUrl: string) => createGrpcWebTransport({ httpVersion: "1.1", baseUrl }),
};

describe.each(Object.entries(transports))("over %s", (_, transport) => {
  const call = () => createClient(EchoService, transport(service.url));
  const headers = () => ({ authorization: `Bearer ${token}` });

  test("a unary call is answered", async () => {
    const answer = await call().echo({ name: "markets/berlin", text: "hello" }, { headers: headers() });
    expect(answer).toMatchObject({ text: "hello", principal: "users/test", server: "one" });
    expect(answer.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("a stream is answered", async () => {
    const numbers: number[] = [];
    for await (const { number } of call().tick(
      { name: "markets/berlin", count: 3 },
      { headers: headers() },
    )) {
      numbers.push(number);
    }
    expect(numbers).toEqual([1, 2, 3]);
  });

  test("a refusal carries code, reason, domain and metadata", async () => {
    const error = await call()
      .echo({ name: "markets/berlin", text: "x", fail: "problem" }, { headers: headers() })
      .catch(ConnectError.from);
    expect((error as ConnectError).code).toBe(Code.NotFound);
    expect(infoOf(error)).toMatchObject({
      reason: "ECHO_NOT_FOUND",
      domain: "testing.marketmesh",
      metadata: { text: "x" },
    });
  });

  test("a refused stream carries its reason too", async () => {
    const stream = call().tick({ name: "markets/paris", count: 1 }, { headers: headers() });
    const error = await collected(stream).catch(ConnectError.from);
    expect((error as ConnectError).code).toBe(Code.PermissionDenied);
    expect(reasonOf(error)).toBe("MARKET_MISMATCH");
  });
});

test("a client stream is counted, and its first message decides the market", async () => {
  const client = createClient(EchoService, transports["Connect over HTTP/2"](service.url));
  const headers = { authorization: `Bearer ${token}` };
  async function* messages(name: string) {
    yield { name, text: "1" };
    yield { text: "2" };
  }
  expect(await client.collect(messages("markets/berlin"), { headers })).toMatchObject({ count: 2 });
  const error = await client.collect(messages("markets/paris"), { headers }).catch(ConnectError.from);
  expect(reasonOf(error)).toBe("MARKET_MISMATCH");
});

test("an invalid message in the middle of a client stream is refused", async () => {
  const client = createClient(EchoService, transports["Connect over HTTP/2"](service.url));
  async function* messages() {
    yield { name: "markets/berlin", text: "1" };
    yield { text: "x".repeat(1_001) };
  }
  const error = await client
    .collect(messages(), { headers: { authorization: `Bearer ${token}` } })
    .catch(ConnectError.from);
  expect(reasonOf(error)).toBe("VALIDATION_FAILED");
});
