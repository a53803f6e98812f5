import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { bundleFolder, bundleService } from "@marketmesh/dev-stack/image";
import { SERVICES } from "@marketmesh/dev-stack/mesh";
import { freePort } from "@marketmesh/dev-stack/servers";
import type { BenchMesh } from "./bench-mesh.ts";
import { emit, median } from "./figure.ts";

const rounds = 5;
/** In /proc/<pid>/stat, on every Linux that Node runs on. */
const ticksPerSecond = 100;
const patienceMs = 60_000;

interface Start {
  readonly readyMs: number;
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

/**
 * From spawn to ready, of each service beside a mesh that runs: from its sources and from its bundle, in turns, so that what else the
 * machine does weighs on both. Linux only: CPU time and memory are read from /proc.
 */
export async function startSuite(mesh: BenchMesh): Promise<void> {
  for (const { name, main } of SERVICES) {
    const folder = bundleFolder(name);
    await bundleService(name, folder);
    const env = environmentOf(mesh.pidOf(name));
    const source: Start[] = [];
    const bundle: Start[] = [];
    for (let round = 0; round < rounds; round += 1) {
      source.push(await startOnce(main, env));
      bundle.push(await startOnce(join(folder, "main.mjs"), env));
    }
    report(name, source, bundle, bytesOf(folder));
  }
}

function report(service: string, source: readonly Start[], bundle: readonly Start[], bytes: number): void {
  const suite = "start";
  const better = "lower";
  const of = (starts: readonly Start[], field: keyof Start) => median(starts.map((start) => start[field]));
  const both = (field: keyof Start) => ({ value: of(bundle, field), baseline: of(source, field) });
  emit({ suite, metric: `${service}_ready`, unit: "ms", better, aim: 1_500, ...both("readyMs") });
  emit({ suite, metric: `${service}_cpu`, unit: "s", better, aim: 1, ...both("cpuSeconds") });
  emit({ suite, metric: `${service}_rss`, unit: "bytes", better, aim: 200 * 2 ** 20, ...both("rssBytes") });
  emit({ suite, metric: `${service}_bundle`, unit: "bytes", better, aim: 8 * 2 ** 20, value: bytes });
}

/** A second process of a service that runs, as its own one was started; it does not migrate. */
async function startOnce(main: string, env: NodeJS.ProcessEnv): Promise<Start> {
  const ports = { PORT: String(await freePort()), METRICS_PORT: String(await freePort()) };
  const startMs = performance.now();
  const args = ["--max-semi-space-size=16", main];
  const child = spawn(process.execPath, args, { env: { ...env, ...ports }, stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  try {
    await ready(child, `http://127.0.0.1:${ports.METRICS_PORT}/readyz`);
    return { readyMs: performance.now() - startMs, ...usageOf(child.pid!) };
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  const giveUpMs = performance.now() + patienceMs;
  while (
    !(await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    if (performance.now() > giveUpMs) throw new Error(`it was not ready within ${patienceMs} ms`);
    await delay(5);
  }
}

function usageOf(pid: number): Pick<Start, "cpuSeconds" | "rssBytes"> {
  const [, ...fields] = /\) (.*)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))![1]!.split(" ");
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
  const ticks = Number(fields[10]) + Number(fields[11]);
  return { cpuSeconds: ticks / ticksPerSecond, rssBytes: Number(kibibytes) * 1024 };
}

function environmentOf(pid: number): NodeJS.ProcessEnv {
  const lines = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  const env = Object.fromEntries(lines.filter(Boolean).map((line) => line.split(/=(.*)/s, 2)));
  return { ...env, DATABASE_MIGRATOR_URL: "", MARKETMESH_SUPERVISED: "false" };
}

function bytesOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const bytes = files.map((file) => statSync(join(folder, file))).filter((file) => file.isFile());
  return bytes.reduce((sum, { size }) => sum + size, 0);
}
