import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { startServices } from "@marketmesh/testkit";
import { expect, test } from "vitest";
import type { Bind } from "../src/index.ts";
import { start } from "../src/index.ts";
import { startServiceMetricExport } from "../src/metric-export.ts";
import { bindEcho } from "./echo.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
const identity = { MESH_IDENTITY_URL: "http://127.0.0.1:1" };

async function scrape(url: string, accept?: string) {
  const answer = await fetch(`${url}/metrics`, accept === undefined ? {} : { headers: { accept } });
  return { type: answer.headers.get("content-type"), text: await answer.text() };
}

const clientOf = (url: string) =>
  createClient(EchoService, createConnectTransport({ httpVersion: "2", baseUrl: url }));

test("an exemplar is shown to who accepts OpenMetrics, and to nobody else", async () => {
  await using service = await start("testing", bindEcho(), identity);
  await clientOf(service.url).echoPublic({ text: "x" }, { headers });
  const open = await scrape(
    service.metricsUrl,
    "application/openmetrics-text; version=1.0.0, text/plain;q=0.5",
  );
  expect(open.type).toContain("application/openmetrics-text; version=1.0.0");
  expect(open.text).toMatch(
    new RegExp(`rpc_server_duration_seconds_bucket\\{.*EchoPublic.*trace_id="${traceId}"`),
  );
  expect(open.text.endsWith("# EOF\n")).toBe(true);
  const plain = await scrape(service.metricsUrl);
  expect(plain.type).toContain("text/plain; version=0.0.4");
  expect(plain.text).toContain("EchoPublic");
  expect(plain.text).not.toContain("trace_id");
});

async function blocked(ms: number): Promise<void> {
  const until = performance.now() + ms;
  let garbage: unknown[] = [];
  while (performance.now() < until) garbage = [...garbage.slice(-1_000), { until }];
}

test("a busy event loop and garbage collection show, to every scraper alike", async () => {
  await using service = await start("testing", bindEcho(), identity);
  const read = async (series: string) => {
    const { text } = await scrape(service.metricsUrl);
    return Number(text.split(`\nmarketmesh_${series} `)[1]?.split("\n")[0]);
  };
  const before = await read('gc_duration_seconds_count{kind="minor"}');
  const worst = 'event_loop_delay_seconds{quantile="1"}';
  // A delay shows only once the loop has turned before it.
  await expect.poll(() => blocked(300).then(() => read(worst))).toBeGreaterThan(0.25);
  expect(await read(worst)).toBeGreaterThan(0.25);
  expect(await read("event_loop_utilization_ratio")).toBeGreaterThan(0);
  await expect.poll(() => read('gc_duration_seconds_count{kind="minor"}')).toBeGreaterThan(before);
});

test("calls of other services are counted by method and code, streams when they end", async () => {
  const asking: Bind = (host) => {
    const next = host.mesh(EchoService, { target: "next" });
    bindEcho()(host);
    host.http("/ask", async (_request, response) => {
      await next.echoPublic({ text: "x" });
      await next.echo({ name: "markets/berlin", fail: "problem" }).catch(() => {});
      for await (const _ of next.tick({ name: "markets/berlin", count: 3 }));
      response.writeHead(200);
      response.end();
    });
  };
  await using mesh = await startServices([
    { name: "asking", bind: asking, database: false },
    { name: "next", bind: bindEcho(), database: false },
  ]);
  expect((await fetch(`${mesh.urlOf("asking")}/ask`)).status).toBe(200);
  const { text } = await scrape(mesh.services.get("asking")!.metricsUrl);
  const count = (method: string, code: string, value: number) =>
    expect(text).toContain(
      `rpc_client_duration_seconds_count{method="marketmesh.testing.v1.EchoService/${method}",code="${code}"} ${value}\n`,
    );
  count("EchoPublic", "OK", 1);
  count("Echo", "NOT_FOUND", 1);
  count("Tick", "OK", 1);
});

test("with a collector the same metrics go out over OTLP", async () => {
  const received: string[] = [];
  const collector = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    received.push(`${request.url} ${Buffer.concat(parts)}`);
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const otlp = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" };
  const kept = Object.keys(otlp).map((key) => [key, process.env[key]] as const);
  Object.assign(process.env, otlp);
  try {
    await using service = await start("testing", bindEcho(), { ...identity, ...otlp });
    const sending = await startServiceMetricExport(service);
    await clientOf(service.url).echoPublic({ text: "x" });
    await sending?.close();
  } finally {
    for (const [key, value] of kept) if (value === undefined) delete process.env[key];
    collector.close();
  }
  const sent = received.join("\n");
  expect(sent).toContain("/v1/metrics");
  expect(sent).toContain('"stringValue":"testing"');
  // What the label `instance` is made from.
  expect(sent).toContain('"service.instance.id"');
  const body = JSON.parse(received[0]!.slice(received[0]!.indexOf("{")));
  const metrics: {
    name: string;
    unit: string;
    histogram?: { dataPoints: { count: number; attributes: unknown }[] };
  }[] = body.resourceMetrics[0].scopeMetrics[0].metrics;
  const duration = metrics.find(({ name }) => name === "marketmesh_rpc_server_duration_seconds");
  expect(duration).toMatchObject({ unit: "s", histogram: { dataPoints: [{ count: 1 }] } });
  expect(metrics.find(({ name }) => name === "marketmesh_process_cpu_seconds_total")).toMatchObject({
    sum: { isMonotonic: true },
  });
});

test("without a collector nothing is loaded or sent, nor when metrics are to stay here", async () => {
  for (const env of [
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_METRICS_EXPORTER: "none" },
  ]) {
    await using service = await start("testing", bindEcho(), { ...identity, ...env });
    expect(await startServiceMetricExport(service)).toBeUndefined();
  }
});
