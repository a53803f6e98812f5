import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { fileURLToPath } from "node:url";
import { concurrently } from "@marketmesh/cli/job/concurrently";
import { connect as connectMesh } from "@marketmesh/client";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import type { ClientTls } from "@marketmesh/rpc";
import { createTestAuthority, startTestIssuer } from "@marketmesh/testkit";
import { certificateFolder, mutualTlsEnv } from "../transport/certificate-folder.ts";
import { emit, median, say } from "./figure.ts";

const repeats = 5;
const calls = 4_000;
const inFlight = 32;
const text = "x".repeat(200);

/**
 * CPU of server and client for one call with every interceptor on, against a bare HTTP/2 echo in the same run; and the same
 * with telemetry on, against it off, and under mutual TLS, against plain HTTP.
 */
export async function rpcSuite(): Promise<void> {
  await using issuer = await startTestIssuer();
  const raw = await startServer("raw", issuer.url);
  const session = connect(raw.url);
  const token = await issuer.testToken({ expiresInS: 900 });
  const authority = createTestAuthority();
  using folder = certificateFolder(authority.issue(), authority.ca);
  const secure = {
    env: { ...mutualTlsEnv(folder), TLS_RELOAD_MS: "10000" },
    tls: { ca: authority.ca, ...authority.issue() },
  };
  const ways = {
    raw: { server: raw, call: () => rawCall(session), [Symbol.dispose]: () => session.close() },
    mesh: await meshWay("mesh", issuer.url, token),
    traced: await meshWay("traced", issuer.url, token),
    "traced-all": await meshWay("traced-all", issuer.url, token),
    "mutual-tls": await meshWay("mutual-tls", issuer.url, token, secure),
  };
  const names = Object.keys(ways) as (keyof typeof ways)[];
  const figures: Record<keyof typeof ways, Cost[]> = {
    raw: [],
    mesh: [],
    traced: [],
    "traced-all": [],
    "mutual-tls": [],
  };
  for (let repeat = 0; repeat <= repeats; repeat += 1) {
    for (const way of names) {
      const cost = await measure(ways[way].server, ways[way].call);
      // The first repeat warms up.
      if (repeat > 0) figures[way].push(cost);
    }
  }
  for (const way of names) {
    ways[way][Symbol.dispose]();
    ways[way].server.child.disconnect();
  }
  const of = (way: keyof typeof ways, pick: keyof Cost) => median(figures[way].map((cost) => cost[pick]));
  for (const [metric, pick, aim] of [
    ["server_cpu", "serverMicros", 250],
    ["client_cpu", "clientMicros", 300],
  ] as const) {
    const value = of("mesh", pick);
    emit({ suite: "rpc", metric, value, unit: "us/call", better: "lower", aim, baseline: of("raw", pick) });
  }
  const off = of("mesh", "serverMicros");
  for (const [metric, way, ratio] of [
    ["server_cpu_telemetry", "traced", 1.25],
    ["server_cpu_telemetry_all_traces", "traced-all", 1.25],
    ["server_cpu_mutual_tls", "mutual-tls", 1.25],
  ] as const) {
    const value = of(way, "serverMicros");
    emit({ suite: "rpc", metric, value, unit: "us/call", better: "lower", aim: ratio * off, baseline: off });
  }
  emit({
    suite: "rpc",
    metric: "calls",
    value: of("mesh", "perSecond"),
    unit: "calls/s",
    better: "higher",
    aim: 2_000,
    baseline: of("raw", "perSecond"),
  });
  say(`${calls} calls of ${text.length} bytes, ${inFlight} in flight, median of ${repeats}`);
}

interface Secure {
  readonly env: Readonly<Record<string, string>>;
  readonly tls: ClientTls;
}

async function meshWay(way: string, identityUrl: string, token: string, secure?: Secure) {
  const server = await startServer(way, identityUrl, secure?.env);
  const clients = connectMesh({ endpoints: server.url, token, ...(secure && { tls: secure.tls }) });
  const echo = clients.client(EchoService, "testing");
  return {
    server,
    call: async () => void (await echo.echo({ name: "markets/-", text })),
    [Symbol.dispose]: () => clients.close(),
  };
}

interface Server {
  readonly url: string;
  readonly child: ChildProcess;
}

interface Cost {
  readonly serverMicros: number;
  readonly clientMicros: number;
  readonly perSecond: number;
}

async function measure({ child }: Server, call: () => Promise<void>): Promise<Cost> {
  const serverBefore = await cpuOf(child);
  const clientBefore = process.cpuUsage();
  const startMs = performance.now();
  await concurrently(Array.from({ length: calls }), inFlight, call);
  const seconds = (performance.now() - startMs) / 1_000;
  const { user, system } = process.cpuUsage(clientBefore);
  return {
    serverMicros: ((await cpuOf(child)) - serverBefore) / calls,
    clientMicros: (user + system) / calls,
    perSecond: calls / seconds,
  };
}

async function cpuOf(child: ChildProcess): Promise<number> {
  child.send("cpu");
  const [{ cpuMicros }] = (await once(child, "message")) as [{ cpuMicros: number }];
  return cpuMicros;
}

async function startServer(way: string, identityUrl: string, more: NodeJS.ProcessEnv = {}): Promise<Server> {
  const path = fileURLToPath(new URL("rpc-server.ts", import.meta.url));
  const env = { ...process.env, ...more, MESH_IDENTITY_URL: identityUrl };
  const child = fork(path, [way], { env, execArgv: ["--max-semi-space-size=16"] });
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  return { url, child };
}

function rawCall(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":method": "POST", ":path": "/echo" });
    stream.on("data", () => {});
    stream.on("end", resolve);
    stream.on("error", reject);
    stream.end(text);
  });
}
