import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { checkoutDir, serverDirsOf } from "../state-folder.ts";
import { logsDirOf, Mesh } from "../supervisor/mesh.ts";
import { readState } from "../supervisor/mesh-state.ts";
import type { ServiceEntry } from "../supervisor/service-table.ts";
import { contractOf } from "./contract.ts";
import type { RunningEvidence } from "./evidence.ts";

const answerMsMax = 60_000;

/** Services that run for a look at them, each in a process of its own, on servers of their own. */
export interface RunningMesh {
  /** What a service shows of itself; an Error for one that was not started. */
  look(service: string): Promise<RunningEvidence | Error>;
  stop(): Promise<void>;
}

/** Starts services in a folder that goes with them. Throws what the start throws, such as SERVICE_FAILED. */
export async function startRunningMesh(
  services: readonly ServiceEntry[],
  binDir: string,
): Promise<RunningMesh> {
  const folder = mkdtempSync(join(tmpdir(), "marketmesh-readiness-"));
  const stateDir = join(folder, "state");
  // What stands in the caller's environment is the caller's mesh; this one must not touch it.
  const {
    DATABASE_URL: _d,
    NATS_URL: _n,
    MARKETMESH_PORT_BASE: _p,
    MARKETMESH_REPLICAS: _r,
    ...env
  } = process.env;
  // What this checkout has fetched before need not be fetched again.
  const fetched = join(binDir, "nats-server");
  mkdirSync(join(stateDir, "bin"), { recursive: true });
  if (existsSync(fetched)) copyFileSync(fetched, join(stateDir, "bin", "nats-server"));
  const mesh = new Mesh({
    stateDir,
    services,
    env: { ...env, LOG_LEVEL: "info", PROFILING: "true" },
    say: () => {},
    onFatal: () => {},
  });
  const stop = async () => {
    await mesh.stop();
    for (const dir of [folder, ...serverDirsOf(stateDir)]) rmSync(dir, { recursive: true, force: true });
  };
  try {
    mesh.install();
    await mesh.start();
  } catch (cause) {
    await stop();
    throw cause;
  }
  return {
    stop,
    async look(service) {
      const metricsUrl = readState(stateDir)?.metrics[service];
      const url = mesh.endpoints[service];
      if (metricsUrl === undefined || url === undefined) return new Error(`${service} was not started`);
      const probe = await anyMethodOf(service);
      if (probe !== undefined) await callWithoutToken(`${url}/${probe}`);
      const get = async (path: string) => answerOf(`${metricsUrl}${path}`);
      const { body } = await get("/metrics");
      const log = readFileSync(join(logsDirOf(stateDir), `${service}.log`), "utf8");
      return { metrics: linesOf(body), logLines: linesOf(log), get };
    },
  };
}

/** A call that is refused, since it carries no token, shows in the metrics of calls all the same. */
async function callWithoutToken(url: string): Promise<void> {
  await answerOf(url, "{}");
}

async function anyMethodOf(service: string): Promise<string | undefined> {
  const { methods } = await contractOf(checkoutDir, service);
  const method = methods.find(({ methodKind }) => methodKind === "unary");
  return method && `${method.parent.typeName}/${method.name}`;
}

/** Over a connection of its own: one that was kept might just be closing. With a body it is a POST of JSON. */
function answerOf(url: string, body?: string): Promise<{ status: number; body: string }> {
  const options = {
    agent: false,
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json" },
    signal: AbortSignal.timeout(answerMsMax),
  } as const;
  return new Promise((resolve, reject) => {
    const asked = request(url, options, (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, body: answer }), reject);
    });
    asked.on("error", reject).end(body);
  });
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}
