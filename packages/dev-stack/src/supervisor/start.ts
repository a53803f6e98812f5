import { Socket } from "node:net";
import { namedProblem, StackProblem } from "../problem.ts";
import { checkoutDir, stateDirOf } from "../state-folder.ts";
import { loadMainJob, mainJobOptions, type RunMainJob } from "./main-job.ts";
import { discardRuns, Mesh } from "./mesh.ts";
import { SERVICES, type ServiceEntry } from "./service-table.ts";
import { parseStartOptions, START_USAGE, type StartOptions } from "./start-options.ts";

const INTERRUPTED = 130;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * `npm start`: starts the mesh, does the main job and stays up until it is told to stop. Answers with the exit status;
 * failures are printed here. `services` and `mainJob` are for tests; the main job is the cli's unless given.
 */
export async function start(
  args: readonly string[],
  services: readonly ServiceEntry[] = SERVICES,
  mainJob?: RunMainJob,
): Promise<number> {
  if (args.includes("--help")) return print(START_USAGE);
  const stopping = new AbortController();
  try {
    return await runMesh(parseStartOptions(args), services, stopping, mainJob);
  } catch (error) {
    return fail(namedProblem(error));
  }
}

async function runMesh(
  options: StartOptions,
  services: readonly ServiceEntry[],
  stopping: AbortController,
  mainJob: RunMainJob | undefined,
): Promise<number> {
  const stateDir = stateDirOf(checkoutDir, process.env);
  let fatal: StackProblem | undefined;
  const mesh = new Mesh({
    stateDir,
    services,
    // One machine for everything: what waits here waits for its neighbours, not for a server that gets too much.
    env: { QUEUE_DELAY_MS: "200", ...process.env },
    fresh: options.fresh,
    say: print,
    onFatal: (problem) => {
      fatal ??= problem;
      stopping.abort();
    },
  });
  listenForStop(stopping);
  // Who reads our output may go (`npm start | head`); the mesh still ends in good order.
  process.stdout.on("error", () => stopping.abort());
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener("abort", () => resolve()));
  try {
    if (options.fresh) discardRuns(stateDir);
    const installMs = timed(() => mesh.install());
    await Promise.race([mesh.start(), stopped]);
    if (stopping.signal.aborted) return fatal ? fail(fatal) : INTERRUPTED;
    const readyMs = Math.round(performance.now() - installMs);
    sayReady(mesh, readyMs);
    const about = { readyMs, signal: stopping.signal, out: process.stdout };
    const run = mainJob ?? (await loadMainJob());
    const job = run(mainJobOptions(mesh, stateDir, options, about));
    const outcome = await Promise.race([job, stopped]);
    if (outcome && options.exit) return outcome.ok ? 0 : 1;
    await stopped;
    if (fatal) return fail(fatal);
    return options.exit ? INTERRUPTED : 0; // with --exit, success means that the main job is done
  } finally {
    stopping.abort();
    await mesh.stop();
  }
}

/** Told by a signal, or by the end of whoever started us. */
function listenForStop(stopping: AbortController): void {
  for (const signal of SIGNALS) process.on(signal, () => stopping.abort());
  const fd = Number(process.env.MARKETMESH_PARENT_FD);
  if (!fd) return;
  delete process.env.MARKETMESH_PARENT_FD; // the services have no such descriptor
  const parent = new Socket({ fd, readable: true, writable: false });
  for (const event of ["end", "error"] as const) parent.on(event, () => stopping.abort());
  parent.resume();
  parent.unref();
}

function sayReady(mesh: Mesh, readyMs: number): void {
  const { key, path, isNew } = mesh.operatorKey;
  const lines = [`Ready in ${(readyMs / 1_000).toFixed(1)} s`];
  for (const [name, url] of Object.entries(mesh.endpoints)) lines.push(`  ${name.padEnd(12)} ${url}`);
  lines.push(isNew ? `Operator key, shown this once: ${key}` : "", `  kept in ${path}`);
  print(lines.filter((line) => line !== "").join("\n"));
}

function timed(work: () => void): number {
  const before = performance.now();
  work();
  return performance.now() - before;
}

function fail(error: unknown): number {
  const text =
    error instanceof StackProblem ? String(error) : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`\n${text}\n`);
  return 1;
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}
