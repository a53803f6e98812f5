import { type RequestOptions, request } from "node:http";
import { addressSettings } from "./address-settings.ts";
import { readConfig } from "./config.ts";
import type { Env } from "./host.ts";

const timeoutMs = 3_000;
const question = JSON.stringify({ service: "" });

/** `node main.mjs healthcheck`: asks the service on this machine's PORT whether it can serve; status 0 when it can, else 1. */
export async function healthcheck(env: Env = process.env): Promise<void> {
  const { host, port } = readConfig(addressSettings, env);
  const status = await way(env, reachable(host), port)
    .then(ask)
    .catch((cause: Error) => cause.message);
  process.stdout.write(`${status}\n`);
  process.exitCode = status === "SERVING" ? 0 : 1;
}

/** Without TLS nothing of it is loaded: this runs every few seconds. */
async function way(env: Env, host: string, port: number): Promise<RequestOptions> {
  if (!env.TLS_CERT_FILE) return { host, port };
  return (await import("./tls-loopback.ts")).loopbackRequest(env, host, port);
}

/** grpc.health.v1 by Connect and HTTP/1.1, which needs nothing but Node. */
function ask(address: RequestOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": question.length };
    const path = "/grpc.health.v1.Health/Check";
    const signal = AbortSignal.timeout(timeoutMs);
    const call = request({ ...address, path, method: "POST", headers, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => void chunks.push(chunk));
      response.on("end", () => resolve(statusOf(Buffer.concat(chunks).toString("utf8"))));
      response.on("error", reject);
    });
    call.on("error", reject);
    call.end(question);
  });
}

function statusOf(answer: string): string {
  try {
    const { status } = JSON.parse(answer) as { status?: string };
    return status ?? "UNKNOWN";
  } catch {
    return "UNKNOWN";
  }
}

function reachable(host: string): string {
  return { "0.0.0.0": "127.0.0.1", "::": "::1" }[host] ?? host;
}
