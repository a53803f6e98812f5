import { once } from "node:events";
import { connect, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import type { ServiceImpl } from "@connectrpc/connect";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { createLogger, createTelemetry } from "@marketmesh/telemetry";
import { expect, test } from "vitest";
import { createRpcServer, defaultLimits } from "./server.ts";

type EchoMethods = ServiceImpl<typeof EchoService>;

/** A server on a free port whose clock breaks, which is a fault before any handler: the limit of calls a second asks for the time. */
async function startBroken(lines: string[]) {
  const now = () => new Date(0);
  const log = createLogger({ service: "testing", level: "error", write: (line) => lines.push(line), now });
  const rpc = createRpcServer({
    service: "testing",
    keys: { key: async () => undefined },
    telemetry: createTelemetry("testing", log),
    limits: defaultLimits,
    nowMs: () => {
      throw new TypeError("the clock stands still");
    },
    shutdown: new AbortController().signal,
  });
  rpc.add(EchoService, { echoPublic: () => ({}) } as Partial<EchoMethods> as EchoMethods);
  const shaped = createServer(rpc.listener(() => {}) as never);
  const server = createServer();
  let direct = 0;
  server.on("stream", (stream, headers, ...rest) => {
    if (rpc.direct(stream, headers)) direct += 1;
    else shaped.emit("stream", stream, headers, ...rest);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    session,
    servedDirectly: () => direct,
    async [Symbol.asyncDispose]() {
      session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test.each([
  ["directly", {}, 1],
  ["by the transport library", { "accept-encoding": "gzip" }, 0],
])(
  "a fault before the handler is internal, logged and not told to the caller, %s",
  async (_, more, direct) => {
    const lines: string[] = [];
    await using server = await startBroken(lines);
    const stream = server.session.request({
      ":method": "POST",
      ":path": "/marketmesh.testing.v1.EchoService/EchoPublic",
      "content-type": "application/proto",
      "x-request-id": "r-1",
      ...more,
    });
    stream.end();
    const [{ ":status": status }] = (await once(stream, "response")) as [Record<string, unknown>];
    const body = Buffer.concat(await Array.fromAsync(stream)).toString();
    expect(server.servedDirectly()).toBe(direct);
    expect(status).toBe(500);
    expect(JSON.parse(body)).toMatchObject({
      code: "internal",
      message: "internal",
      details: [{ debug: { reason: "INTERNAL", metadata: { requestId: "r-1" } } }],
    });
    expect(body).not.toContain("clock");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/"msg":"call failed".*stands still.*"requestId":"r-1"/);
  },
);
