import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { callerOf, channel, problem, retryBudget } from "@marketmesh/rpc";
import { startTestIssuer, type TestIssuer } from "@marketmesh/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bind, type Env, type RunningService, start } from "../src/index.ts";
import { bindEcho, echo, endedAtWork } from "./echo.ts";

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await startTestIssuer();
});
afterAll(async () => {
  await issuer?.close();
});

const name = "markets/berlin";
const serve = (bind: Bind, env: Env = {}) =>
  start("testing", bind, { MESH_IDENTITY_URL: issuer.url, ...env });
const publicChannel = (target: string, more: Partial<Parameters<typeof channel>[0]> = {}) =>
  channel({ target, attach: () => {}, nowMs: Date.now, random: () => 0, ...more });

async function* once() {
  yield { name };
}

describe("a channel", () => {
  test("shares calls between all addresses, one connection each", async () => {
    await using one = await serve(bindEcho({ name: "one" }));
    await using two = await serve(bindEcho({ name: "two" }));
    const way = publicChannel(`${one.url}, ${two.url}`);
    const client = createClient(EchoService, way);
    const answers = [];
    for (let call = 0; call < 20; call += 1) answers.push((await client.echoPublic({})).server);
    expect(answers.filter((server) => server === "one")).toHaveLength(10);
    way.close();
  });

  test("finds all addresses behind a name", async () => {
    await using one = await serve(bindEcho({ name: "one" }));
    const { port } = new URL(one.url);
    const asked: string[] = [];
    const way = publicChannel(`http://catalog.internal:${port}`, {
      resolve: async (hostname) => {
        asked.push(hostname);
        return ["127.0.0.1"];
      },
    });
    expect(await createClient(EchoService, way).echoPublic({ text: "x" })).toMatchObject({ server: "one" });
    expect(asked).toEqual(["catalog.internal"]);
    way.close();
  });

  test("moves over when an address goes away, and comes back after a restart", async () => {
    await using one = await serve(bindEcho({ name: "one" }));
    const two = await serve(bindEcho({ name: "two" }));
    const way = publicChannel(`${one.url},${two.url}`);
    const client = createClient(EchoService, way);
    const servers = async () => {
      const answers = [];
      for (let call = 0; call < 6; call += 1) answers.push((await client.echoPublic({})).server);
      return new Set(answers);
    };
    expect(await servers()).toEqual(new Set(["one", "two"]));
    await two.close();
    expect(await servers()).toEqual(new Set(["one"]));
    await using again = await serve(bindEcho({ name: "again" }), { PORT: new URL(two.url).port });
    await expect.poll(servers, { timeout: 240_000 }).toContain("again");
    expect(again.url).toBe(two.url);
    way.close();
  });

  test("repeats idempotent methods only, and reaches a server that is restarted meanwhile", async () => {
    let calls = 0;
    const failing: Bind = (host) => {
      const fail = () => {
        calls += 1;
        if (calls < 3) throw problem(Code.Unavailable, "NOT_CAUGHT_UP", "soon");
      };
      host.serve(EchoService, {
        ...echo({}),
        echoPublic: () => {
          fail();
          return { text: "at last" };
        },
        write: () => {
          fail();
          return { text: "" };
        },
      });
    };
    await using service = await serve(failing);
    const way = publicChannel(service.url);
    const client = createClient(EchoService, way);
    expect(await client.echoPublic({})).toMatchObject({ text: "at last" });
    expect(calls).toBe(3);
    calls = 0;
    const headers = { authorization: `Bearer ${await issuer.testToken()}` };
    await expect(client.write({}, { headers })).rejects.toMatchObject({ code: Code.Unavailable });
    expect(calls).toBe(1);
    way.close();
  });

  test("passes over an address that refuses connections, for methods that are not idempotent as well", async () => {
    await using one = await serve(bindEcho({ name: "one" }));
    const way = publicChannel(`http://127.0.0.1:1,${one.url}`);
    const client = createClient(EchoService, way);
    const headers = { authorization: `Bearer ${await issuer.testToken()}` };
    for (let call = 0; call < 4; call += 1) {
      expect(await client.write({ text: "x" }, { headers })).toMatchObject({ text: "x" });
      expect(await client.collect(once(), { headers })).toMatchObject({ count: 1 });
    }
    way.close();
  });

  test("retries stay within the budget, whatever fails", async () => {
    let calls = 0;
    await using service = await serve((host) =>
      host.serve(EchoService, {
        ...echo({}),
        echoPublic: () => {
          calls += 1;
          throw problem(Code.Unavailable, "NOT_CAUGHT_UP", "never");
        },
      }),
    );
    const way = publicChannel(service.url, { budget: retryBudget(0.1, 5) });
    const client = createClient(EchoService, way);
    for (let call = 0; call < 50; call += 1) await client.echoPublic({}).catch(() => {});
    expect(calls).toBeGreaterThanOrEqual(55);
    expect(calls).toBeLessThanOrEqual(60);
    way.close();
  });

  test("an address that nobody listens on is UNAVAILABLE within the deadline", async () => {
    const way = publicChannel("http://127.0.0.1:1");
    const error = await createClient(EchoService, way)
      .echoPublic({}, { timeoutMs: 60_000 })
      .catch(ConnectError.from);
    expect((error as ConnectError).code).toBe(Code.Unavailable);
    way.close();
  });
});

describe("a service that calls another", () => {
  let back: RunningService;
  let front: RunningService;
  let seen: Record<string, string | undefined>;
  const cancelled = Promise.withResolvers<void>();
  let begun = false;
  const started = () => {
    begun = true;
  };

  beforeAll(async () => {
    back = await start(
      "testing",
      (host) =>
        host.serve(EchoService, {
          ...echo({ started, cancelled: cancelled.resolve }),
          write: (_, context) => {
            const caller = callerOf(context);
            seen = {
              principal: caller.principal,
              via: caller.via,
              requestId: caller.requestId,
              timeout: String(context.timeoutMs()),
              traceparent: context.requestHeader.get("traceparent") ?? "",
            };
            return {};
          },
        }),
      { MESH_IDENTITY_URL: issuer.url },
    );
    front = await start(
      "front",
      (host) => {
        const testing = host.mesh(EchoService);
        host.serve(EchoService, {
          ...echo({}),
          echo: async ({ text, waitMs }) => {
            if (waitMs > 0) await testing.echo({ name, waitMs });
            await testing.write({ text });
            return { text };
          },
        });
      },
      { MESH_IDENTITY_URL: issuer.url, MESH_TESTING_URL: back.url, SERVICE_KEY: "serviceAccounts/front" },
    );
  });
  afterAll(async () => {
    await front?.close();
    await back?.close();
  });

  const call = () =>
    createClient(EchoService, createConnectTransport({ httpVersion: "2", baseUrl: front.url }));

  test("passes on caller, request id, deadline and trace", async () => {
    const token = await issuer.testToken({ market: "berlin", principal: "users/ann" });
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const headers = { authorization: `Bearer ${token}`, "x-request-id": "r-1", traceparent };
    await call().echo({ name, text: "x" }, { headers, timeoutMs: 60_000 });
    expect(seen).toMatchObject({ principal: "users/ann", via: "serviceAccounts/front", requestId: "r-1" });
    // The default is 10 s.
    expect(Number(seen.timeout)).toBeGreaterThan(11_000);
    expect(Number(seen.timeout)).toBeLessThanOrEqual(60_000);
    expect(seen.traceparent).toContain("0af7651916cd43dd8448eb211c80319c");
  });

  test("cancels what it has asked for when its own caller's time is over", async () => {
    const headers = { authorization: `Bearer ${await issuer.testToken()}` };
    const client = call();
    const error = await endedAtWork(
      (timeoutMs) => client.echo({ name, waitMs: 300_000 }, { headers, timeoutMs }).catch(ConnectError.from),
      () => begun,
    );
    expect((error as ConnectError).code).toBe(Code.DeadlineExceeded);
    await cancelled.promise;
  });
});
