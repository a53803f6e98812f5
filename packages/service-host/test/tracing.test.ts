import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { expect, test } from "vitest";

const sampled = `00-${"c".repeat(32)}-${"d".repeat(16)}-01`;
const method = "marketmesh.testing.v1.EchoService/EchoPublic";

/** Runs a service as a process, calls it once within a trace, and stops it; tells how long the call took and the end's status. */
async function callOnce(
  env: Record<string, string>,
  headers: Record<string, string> = { traceparent: sampled },
) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "process-service.ts")], {
    env: { PORT: "0", METRICS_PORT: "0", MESH_IDENTITY_URL: "http://127.0.0.1:1", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const said: string[] = [];
  const listening = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (text) => {
      said.push(text);
      const { msg, url } = JSON.parse(text);
      if (msg === "listening") resolve(url);
    });
  });
  const baseUrl = await listening;
  const client = createClient(EchoService, createConnectTransport({ httpVersion: "2", baseUrl }));
  const startMs = performance.now();
  await client.echoPublic({ text: "hello" }, { headers });
  const callMs = performance.now() - startMs;
  child.kill("SIGTERM");
  const stopMs = performance.now();
  return { status: await ended, callMs, stopMs: performance.now() - stopMs, said };
}

/** What an OTLP collector over HTTP was sent. */
async function collector() {
  const received: { path: string; type: string; secret: string; body: Buffer }[] = [];
  const server = createHttp((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { "content-type": type = "", "x-secret": secret = "" } = request.headers;
      received.push({ path: request.url ?? "", type, secret: String(secret), body: Buffer.concat(chunks) });
      response.writeHead(200, { "content-type": type }).end(type.includes("json") ? "{}" : "");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    received: () => received.filter(({ path }) => path === "/v1/traces"),
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]: () => server.close(),
  };
}

test("spans go to a collector as OTLP/JSON, what is left of them when the process stops", async () => {
  using otlp = await collector();
  const { status } = await callOnce({
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_HEADERS: "x-secret=abc",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
  });
  expect(status).toBe(0);
  const [sent] = otlp.received();
  expect(sent).toMatchObject({ path: "/v1/traces", type: "application/json", secret: "abc" });
  const [{ resource, scopeSpans }] = JSON.parse(String(sent?.body)).resourceSpans;
  const about = Object.fromEntries(
    resource.attributes.map(({ key, value }: { key: string; value: object }) => [
      key,
      Object.values(value)[0],
    ]),
  );
  expect(about).toMatchObject({ "service.name": "testing", "deployment.environment.name": "test" });
  expect(about).not.toHaveProperty("process.command_args");
  expect(scopeSpans[0].spans).toMatchObject([
    { name: method, kind: 2, traceId: "c".repeat(32), parentSpanId: "d".repeat(16) },
  ]);
});

test("and as protobuf", async () => {
  using otlp = await collector();
  expect((await callOnce({ OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url })).status).toBe(0);
  const [sent] = otlp.received();
  expect(sent?.type).toBe("application/x-protobuf");
  expect(sent?.body.includes(method)).toBe(true);
  expect(sent?.body.includes(Buffer.from("c".repeat(32), "hex"))).toBe(true);
});

test("and over gRPC", async () => {
  const paths: string[] = [];
  const server = createHttp2().on("stream", (stream, headers) => {
    stream.on("data", () => {});
    stream.on("end", () => {
      paths.push(String(headers[":path"]));
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(Buffer.alloc(5));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { status } = await callOnce({
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
  });
  server.close();
  expect(status).toBe(0);
  expect(paths).toContain("/opentelemetry.proto.collector.trace.v1.TraceService/Export");
});

test("a collector that is away fails no call and keeps no process from stopping", async () => {
  const { status, callMs, stopMs, said } = await callOnce({
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  });
  expect(status).toBe(0);
  expect(callMs).toBeLessThan(5_000);
  expect(stopMs).toBeLessThan(8_000);
  expect(said.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});

test("without a collector spans go to the folder that is named", async () => {
  const folder = mkdtempSync(join(tmpdir(), "traces-"));
  expect((await callOnce({ MARKETMESH_TRACE_DIR: folder })).status).toBe(0);
  const [name = ""] = readdirSync(folder);
  expect(name).toMatch(/^testing\.\d+\.ndjson$/);
  expect(readFileSync(join(folder, name), "utf8")).toContain(`"name":"${method}"`);
  rmSync(folder, { recursive: true });
});

test("a caller whose trace is not kept has no spans kept here", async () => {
  const folder = mkdtempSync(join(tmpdir(), "traces-"));
  const env = {
    MARKETMESH_TRACE_DIR: folder,
    OTEL_TRACES_SAMPLER: "parentbased_always_on",
    TRACE_SLOW_MS: "60000",
  };
  await callOnce(env, { traceparent: sampled.replace(/01$/, "00") });
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});
