// The server of the rpc suite, a process of its own so that its CPU can be told from the client's: `mesh` is a service on
// service-host with every interceptor, `traced` and `traced-all` the same with spans to a local file (the sampling of a
// service, and every trace) and a scrape of its metrics a second, `raw` the least that HTTP/2 needs,
// `mutual-tls` is `mesh` with the certificates that the environment names. Answers `cpu` with its
// CPU time in microseconds.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { callerOf } from "@marketmesh/rpc";
import { type Host, start } from "@marketmesh/service-host";
import { startTracing } from "@marketmesh/telemetry";

process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMicros: user + system });
});
process.once("disconnect", () => process.exit());

process.send?.({ url: await serverOf(process.argv[2] ?? "") });

function serverOf(way: string): Promise<string> {
  if (way === "raw") return raw();
  if (way === "mesh" || way === "mutual-tls") return mesh();
  return traced(way === "traced-all" ? 1 : 0.05);
}

async function raw(): Promise<string> {
  const server = createServer();
  server.on("stream", (stream) => {
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("end", () => {
      stream.respond({ ":status": 200, "content-type": "application/proto" });
      stream.end(Buffer.concat(parts));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function mesh(): Promise<string> {
  return (await startMesh()).url;
}

async function traced(ratio: number): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "marketmesh-bench-"));
  process.once("exit", () => rmSync(directory, { recursive: true }));
  const log = { warn: () => {} };
  const sampling = { parentBased: true, ratio, tracesPerSecond: 10 };
  const target = { kind: "file", directory, bytesMax: 32 * 1024 * 1024 } as const;
  await startTracing({ service: "testing", target, sampling, slowMs: 1_000, log });
  const { url, host } = await startMesh();
  setInterval(() => host.telemetry.metrics.text("openmetrics"), 1_000).unref();
  return url;
}

function startMesh() {
  return start("testing", bindEcho, {
    ...process.env,
    LOG_LEVEL: "warn",
    RATE_LIMIT_CALLS_PER_SECOND: "1000000",
  });
}

function bindEcho(host: Host): void {
  const unused = () => {
    throw new Error("the bench calls Echo alone");
  };
  host.serve(EchoService, {
    echo: ({ text }, context) => {
      const { principal, requestId } = callerOf(context);
      return { text, principal, requestId };
    },
    echoPublic: ({ text }) => ({ text }),
    write: unused,
    collect: unused,
    // biome-ignore lint/correctness/useYield: never called
    async *tick() {
      unused();
    },
  });
}
