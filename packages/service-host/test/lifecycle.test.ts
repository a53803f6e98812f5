import { createConnection } from "node:net";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@marketmesh/contracts/grpc/health/v1";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { infoOf, reasonOf } from "@marketmesh/rpc";
import { startTestIssuer, type TestIssuer } from "@marketmesh/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bind, ConfigError, type Env, integer, type RunningService, start } from "../src/index.ts";
import { bindEcho, collected, echo, endedAtWork } from "./echo.ts";

let issuer: TestIssuer;
let headers: { authorization: string };

beforeAll(async () => {
  issuer = await startTestIssuer();
  headers = { authorization: `Bearer ${await issuer.testToken()}` };
});
afterAll(async () => {
  await issuer?.close();
});

const startEcho = (bind: Bind = bindEcho(), env: Env = {}) =>
  start("testing", bind, { MESH_IDENTITY_URL: issuer.url, ...env });
const clientOf = ({ url }: RunningService) =>
  createClient(EchoService, createConnectTransport({ httpVersion: "2", baseUrl: url }));
const name = "markets/berlin";

/** A promise and its resolver, to wait for facts. */
function fact() {
  return Promise.withResolvers<void>();
}

describe("deadlines", () => {
  test("a client's deadline ends the call and cancels the handler", async () => {
    let begun = false;
    const started = () => {
      begun = true;
    };
    const cancelled = fact();
    await using service = await startEcho(bindEcho({ started, cancelled: cancelled.resolve }));
    const client = clientOf(service);
    // Connection and keys are there, so that the deadline finds the handler at work.
    await client.echo({ name }, { headers });
    const error = await endedAtWork(
      (timeoutMs) => client.echo({ name, waitMs: 300_000 }, { headers, timeoutMs }).catch(ConnectError.from),
      () => begun,
    );
    expect((error as ConnectError).code).toBe(Code.DeadlineExceeded);
    await cancelled.promise;
  });

  test("a client that sets none gets the default, and a reason from the server", async () => {
    await using service = await startEcho(bindEcho(), { DEADLINE_DEFAULT_MS: "80" });
    const error = await clientOf(service)
      .echo({ name, waitMs: 60_000 }, { headers })
      .catch(ConnectError.from);
    expect((error as ConnectError).code).toBe(Code.DeadlineExceeded);
    expect(reasonOf(error)).toBe("DEADLINE_EXCEEDED");
  });

  test("a deadline too far away is lowered, over Connect and gRPC-Web", async () => {
    await using service = await startEcho(bindEcho(), { DEADLINE_MAX_MS: "80" });
    const over = async (extra: Record<string, string>, body: string | Buffer) => {
      const response = await fetch(`${service.url}/marketmesh.testing.v1.EchoService/Echo`, {
        method: "POST",
        headers: { ...headers, ...extra },
        body,
      });
      return `${response.headers.get("grpc-status")} ${await response.text()}`;
    };
    const request = JSON.stringify({ name, waitMs: 60_000 });
    const json = { "content-type": "application/json", "connect-timeout-ms": "999999" };
    expect(await over(json, request)).toContain("deadline_exceeded");
    const framed = Buffer.concat([Buffer.from([0, 0, 0, 0, request.length]), Buffer.from(request)]);
    const web = { "content-type": "application/grpc-web+json", "grpc-timeout": "9H" };
    expect(await over(web, framed)).toMatch(/^4 |grpc-status: 4/);
  });

  test("a handler that ignores its signal does not keep the client", async () => {
    const never = fact();
    const bind: Bind = (host) =>
      host.serve(EchoService, { ...echo({}), echo: () => never.promise.then(() => ({})) });
    await using service = await startEcho(bind, { DEADLINE_DEFAULT_MS: "50" });
    const error = await clientOf(service).echo({ name }, { headers }).catch(ConnectError.from);
    expect((error as ConnectError).code).toBe(Code.DeadlineExceeded);
    never.resolve();
  });

  test("a client that leaves cancels the handler", async () => {
    const started = fact();
    const cancelled = fact();
    await using service = await startEcho(
      bindEcho({ started: started.resolve, cancelled: cancelled.resolve }),
    );
    const leave = new AbortController();
    const call = clientOf(service).echo({ name, waitMs: 60_000 }, { headers, signal: leave.signal });
    await started.promise;
    leave.abort();
    await expect(call).rejects.toMatchObject({ code: Code.Canceled });
    await cancelled.promise;
  });

  test("a stream is ended by its deadline", async () => {
    await using service = await startEcho(bindEcho(), { STREAM_DEADLINE_MS: "80" });
    const stream = clientOf(service).tick({ name, count: 3, waitMs: 60_000 }, { headers });
    await expect(collected(stream)).rejects.toMatchObject({ code: Code.DeadlineExceeded });
  });
});

describe("bounds", () => {
  test("one call too many is refused early, and health is not", async () => {
    const started = fact();
    await using service = await startEcho(bindEcho({ started: started.resolve }), { CALLS_MAX: "1" });
    const client = clientOf(service);
    const leave = new AbortController();
    const first = client.echo({ name, waitMs: 60_000 }, { headers, signal: leave.signal });
    await started.promise;
    const second = await client.echo({ name }, { headers }).catch(ConnectError.from);
    expect((second as ConnectError).code).toBe(Code.ResourceExhausted);
    expect(infoOf(second)).toMatchObject({ reason: "OVERLOADED", metadata: { callsMax: "1" } });
    const health = createClient(Health, createConnectTransport({ httpVersion: "2", baseUrl: service.url }));
    expect(await health.check({})).toMatchObject({ status: Status.SERVING });
    leave.abort();
    await expect(first).rejects.toThrow();
  });

  test("a principal that calls too often is refused, another is not", async () => {
    await using service = await startEcho(bindEcho(), { RATE_LIMIT_CALLS_PER_SECOND: "1" });
    const client = clientOf(service);
    const as = async (principal: string) => ({
      authorization: `Bearer ${await issuer.testToken({ principal })}`,
    });
    const ann = await as("users/ann");
    const answers = await Promise.allSettled(
      Array.from({ length: 12 }, () => client.echo({ name }, { headers: ann })),
    );
    const refused = answers.filter(({ status }) => status === "rejected");
    expect(refused.length).toBeGreaterThanOrEqual(2);
    expect(reasonOf((refused[0] as PromiseRejectedResult).reason)).toBe("RATE_LIMITED");
    await client.echo({ name }, { headers: await as("users/bob") });
  });
});

describe("start and stop", () => {
  test("a method without a policy stops the service at start, by name", async () => {
    const methods = EchoService.methods.map((method) => ({ ...method }));
    const proto = { ...EchoService.proto, $unknown: [] };
    const bare = { ...EchoService, proto, methods } as unknown as typeof EchoService;
    for (const method of methods) {
      Object.assign(method, { parent: bare, proto: { ...method.proto, options: undefined } });
    }
    await expect(startEcho((host) => host.serve(bare, echo({})))).rejects.toThrow(
      "marketmesh.testing.v1.EchoService/Echo states no policy",
    );
  });

  test("a mistake in the environment is named, all of them at once", async () => {
    const bind: Bind = (host) => {
      host.config({ depth: integer({ env: "TEST_DEPTH", doc: "How deep.", min: 1, max: 9 }) });
    };
    await expect(startEcho(bind, { TEST_DEPTH: "12abc" })).rejects.toThrow(
      'TEST_DEPTH="12abc": must be a whole number from 1 to 9',
    );
    await expect(startEcho(bind)).rejects.toThrow("TEST_DEPTH is required");
    const wrong = startEcho(bindEcho(), { LOG_LEVEL: "loud", CALLS_MAX: "0" });
    await expect(wrong).rejects.toThrow(/LOG_LEVEL="loud".*\n.*CALLS_MAX="0"/);
    await expect(start("testing", bindEcho(), {})).rejects.toThrow(ConfigError);
  });

  test("not ready until every check passes; unready and gone when it stops", async () => {
    let loaded = false;
    const service = await startEcho((host) => {
      host.serve(EchoService, echo({}));
      host.ready("projection", () => loaded);
    });
    const readyz = await fetch(`${service.url}/readyz`);
    expect([readyz.status, await readyz.text()]).toEqual([503, "not ready: projection\n"]);
    const health = createClient(Health, createConnectTransport({ httpVersion: "2", baseUrl: service.url }));
    expect((await health.check({ service: "marketmesh.testing.v1.EchoService" })).status).toBe(
      Status.NOT_SERVING,
    );
    await expect(health.check({ service: "nope" })).rejects.toMatchObject({ code: Code.NotFound });
    const statuses = async () => [
      (await health.check({ service: "readiness" })).status,
      (await health.check({})).status,
      (await health.check({ service: "liveness" })).status,
    ];
    expect(await statuses()).toEqual([Status.NOT_SERVING, Status.NOT_SERVING, Status.SERVING]);
    expect((await fetch(`${service.metricsUrl}/readyz`)).status).toBe(503);
    expect((await fetch(`${service.metricsUrl}/livez`)).status).toBe(200);
    loaded = true;
    await service.untilReady();
    expect(await statuses()).toEqual([Status.SERVING, Status.SERVING, Status.SERVING]);
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
    expect((await fetch(`${service.metricsUrl}/readyz`)).status).toBe(200);
    await service.close();
    await expect(fetch(`${service.url}/readyz`)).rejects.toThrow();
  });

  test("alive, but not ready, while a call in flight keeps it from ending", async () => {
    const started = fact();
    const service = await startEcho(bindEcho({ started: started.resolve }), { DRAIN_MS: "20000" });
    const leave = new AbortController();
    const { url } = service;
    const call = clientOf(service)
      .echo({ name, waitMs: 60_000 }, { headers, signal: leave.signal })
      .catch(() => {});
    const health = createClient(Health, createConnectTransport({ httpVersion: "2", baseUrl: url }));
    const watch = health.watch({ service: "readiness" }, { signal: leave.signal })[Symbol.asyncIterator]();
    const status = async () => (await watch.next()).value?.status;
    expect(await status()).toBe(Status.SERVING);
    await started.promise;
    const closed = service.close();
    expect(await status()).toBe(Status.NOT_SERVING);
    const overHttp = ["livez", "readyz"].map(async (path) => fetch(`${service.metricsUrl}/${path}`));
    expect((await Promise.all(overHttp)).map((answer) => answer.status)).toEqual([200, 503]);
    leave.abort();
    await Promise.all([call, closed]);
  });

  test.each(["1.1", "2"] as const)(
    "a call in flight over HTTP/%s finishes while it drains",
    async (httpVersion) => {
      const started = fact();
      const proceed = fact();
      const bind: Bind = (host) =>
        host.serve(EchoService, {
          ...echo({}),
          echo: async () => {
            started.resolve();
            await proceed.promise;
            return { text: "finished" };
          },
        });
      const service = await startEcho(bind);
      const transport = createConnectTransport({ httpVersion, baseUrl: service.url });
      const call = createClient(EchoService, transport).echo({ name }, { headers });
      await started.promise;
      const closed = service.close();
      await expect(fetch(`${service.url}/livez`)).rejects.toThrow();
      proceed.resolve();
      expect(await call).toMatchObject({ text: "finished" });
      await closed;
    },
  );

  test("a call that does not finish in time is ended as UNAVAILABLE", async () => {
    const started = fact();
    const service = await startEcho(bindEcho({ started: started.resolve }), { DRAIN_MS: "50" });
    const call = clientOf(service)
      .tick({ name, count: 2, waitMs: 60_000 }, { headers })
      [Symbol.asyncIterator]()
      .next();
    const outcome = call.catch(ConnectError.from);
    await started.promise;
    await service.close();
    expect((await outcome) as ConnectError).toMatchObject({ code: Code.Unavailable });
    expect(reasonOf(await outcome)).toBe("DRAINING");
  });

  test("connections that say nothing don't hold up the end", async () => {
    const service = await startEcho();
    const { port, hostname } = new URL(service.url);
    const socket = createConnection({ port: Number(port), host: hostname });
    const closed = Promise.withResolvers<void>();
    socket.once("close", () => closed.resolve());
    await new Promise((resolve) => socket.once("connect", resolve));
    await service.close();
    await closed.promise;
  });

  test("a background loop that fails is started again, and ends at drain", async () => {
    let runs = 0;
    const third = fact();
    const ended = fact();
    const service = await startEcho(
      (host) => {
        host.background("loop", async (signal) => {
          runs += 1;
          if (runs < 3) throw new Error("not yet");
          third.resolve();
          await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
          ended.resolve();
        });
        host.onClose(async () => {
          await ended.promise;
        });
      },
      { LOG_LEVEL: "error" },
    );
    await third.promise;
    await service.close();
    expect(service.host.signal.aborted).toBe(true);
  });
});

test("a fault of ours is counted and logged under a name by which the same ones group", async () => {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  const env = { MESH_IDENTITY_URL: issuer.url };
  await using service = await start("testing", bindEcho(), env, { write });
  for (const text of ["ann@example.org", "bob@example.org"]) {
    await expect(clientOf(service).echo({ name, text, fail: "bug" }, { headers })).rejects.toMatchObject({
      code: Code.Internal,
    });
  }
  await expect(clientOf(service).echo({ name, fail: "problem" }, { headers })).rejects.toThrow();
  const text = await (await fetch(`${service.metricsUrl}/metrics`)).text();
  expect(text).toContain('marketmesh_errors_total{where="handler"} 2\n');
  expect(text).toContain('marketmesh_errors_total{where="background"} 0\n');
  const [first, second] = lines.filter(({ msg }) => msg === "call failed");
  expect(first?.fingerprint).toMatch(/^TypeError .*echo\.ts$/);
  expect(second?.fingerprint).toBe(first?.fingerprint);
});

test("metrics count calls by method and code", async () => {
  await using service = await startEcho();
  await clientOf(service).echo({ name }, { headers });
  await clientOf(service)
    .echo({ name, fail: "problem" }, { headers })
    .catch(() => {});
  const text = await (await fetch(`${service.metricsUrl}/metrics`)).text();
  const method = 'method="marketmesh.testing.v1.EchoService/Echo"';
  expect(text).toContain(`marketmesh_rpc_server_duration_seconds_count{${method},code="OK"} 1\n`);
  expect(text).toContain(`marketmesh_rpc_server_duration_seconds_count{${method},code="NOT_FOUND"} 1\n`);
  expect(text).toMatch(/marketmesh_process_resident_memory_bytes \d+/);
  expect(text).toContain("marketmesh_rpc_server_calls_in_flight 0\n");
});
