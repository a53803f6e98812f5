import { createReadStream, existsSync, statSync, unwatchFile, watchFile } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { StackProblem } from "../problem.ts";
import { isAlive, waitForEnd } from "../process-identity.ts";
import { checkoutDir, stateDirOf } from "../state-folder.ts";
import { logsDirOf } from "./mesh.ts";
import { clearLeftovers, type MeshState, readState } from "./mesh-state.ts";
import { readableLine } from "./service-log.ts";
import { isReady } from "./service-process.ts";

/** What `marketmesh status` shows. */
export interface MeshStatus {
  /** `down` also when the supervisor was killed. */
  readonly phase: MeshState["phase"] | "down";
  readonly stateDir: string;
  readonly supervisorPid?: number;
  readonly natsUrl?: string;
  readonly postgresAddress?: string;
  readonly operatorKeyPath?: string;
  readonly processes: readonly ProcessStatus[];
}

export interface ProcessStatus {
  readonly name: string;
  readonly pid: number;
  readonly alive: boolean;
  /** Of services: whether /readyz answers 200. */
  readonly ready?: boolean;
  readonly url?: string;
}

const STOP_WAIT_MS = 60_000;
const TAIL_BYTES_MAX = 256 * 2 ** 10;
const FOLLOW_POLL_MS = 250;

/** The state folder that the calls below read unless told otherwise. */
export function defaultStateDir(): string {
  return stateDirOf(checkoutDir, process.env);
}

/** The mesh of a state folder as it is now. */
export async function status(stateDir: string = defaultStateDir()): Promise<MeshStatus> {
  const state = readState(stateDir);
  if (!state) return { phase: "down", stateDir, processes: [] };
  const processes = await Promise.all(
    state.processes.map(async ({ name, ...identity }): Promise<ProcessStatus> => {
      const url = state.addresses[name];
      const alive = isAlive(identity);
      const known = { name, pid: identity.pid, alive };
      return url === undefined ? known : { ...known, url, ready: alive && (await isReady(`${url}/readyz`)) };
    }),
  );
  const { natsUrl, postgresAddress, operatorKeyPath, supervisor } = state;
  const phase = isAlive(supervisor) ? state.phase : "down";
  return {
    phase,
    stateDir,
    supervisorPid: supervisor.pid,
    natsUrl,
    postgresAddress,
    operatorKeyPath,
    processes,
  };
}

/** What `logs` reads. */
export interface LogOptions {
  readonly stateDir?: string;
  /** Default 200. */
  readonly linesMax?: number;
  /** Goes on with new lines until aborted. Absent: stops at the end. */
  readonly follow?: AbortSignal;
}

/**
 * The last lines of a process's log, readable ones.
 *
 * Throws LOG_NOT_FOUND, naming the logs that there are.
 */
export async function* logs(name: string, options: LogOptions = {}): AsyncGenerator<string> {
  const stateDir = options.stateDir ?? defaultStateDir();
  const path = join(logsDirOf(stateDir), `${name}.log`);
  if (!/^[a-z][a-z0-9-]*$/.test(name) || !existsSync(path)) {
    const known = (readState(stateDir)?.processes ?? [])
      .map((one) => one.name)
      .filter((one) => !one.endsWith("-guard"));
    throw new StackProblem(
      "LOG_NOT_FOUND",
      `there is no log of ${name}`,
      `Choose one of: ${known.join(", ")}.`,
    );
  }
  const size = statSync(path).size;
  const tail = await readTail(path, size);
  for (const line of tail.slice(-(options.linesMax ?? 200))) yield readableLine(name, line);
  if (options.follow) yield* followFile(name, path, size, options.follow);
}

/**
 * Stops a mesh and waits until all of it has ended. False when none was running.
 *
 * Throws STOP_TIMEOUT.
 */
export async function stop(stateDir: string = defaultStateDir()): Promise<boolean> {
  const state = readState(stateDir);
  if (!state) return false;
  if (!isAlive(state.supervisor)) return (await clearLeftovers(stateDir)) > 0;
  process.kill(state.supervisor.pid, "SIGTERM");
  if (await waitForEnd(state.supervisor, STOP_WAIT_MS)) return true;
  const advice = `Kill it: kill -9 ${state.supervisor.pid}. Its services and servers end with it.`;
  throw new StackProblem("STOP_TIMEOUT", "the supervisor does not end", advice);
}

async function readTail(path: string, size: number): Promise<string[]> {
  const from = Math.max(0, size - TAIL_BYTES_MAX);
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
  const lines = buffer.toString("utf8", 0, bytesRead).split("\n");
  return lines.slice(from > 0 ? 1 : 0, -1);
}

/** Yields what is appended; a rotated file is read from its beginning. */
async function* followFile(
  name: string,
  path: string,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let position = from;
  while (!signal.aborted) {
    const size = existsSync(path) ? statSync(path).size : 0;
    if (size < position) position = 0;
    if (size === position) {
      await nextChange(path, signal);
      continue;
    }
    const input = createReadStream(path, { start: position, end: size - 1 });
    for await (const line of createInterface({ input })) yield readableLine(name, line);
    position = size;
  }
}

function nextChange(path: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      unwatchFile(path, done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    watchFile(path, { interval: FOLLOW_POLL_MS }, done);
    signal.addEventListener("abort", done);
  });
}
