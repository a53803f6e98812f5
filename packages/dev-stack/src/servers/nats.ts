import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { diskFull, StackProblem } from "../problem.ts";
import { endProcess, isAlive } from "../process-identity.ts";
import { startGuarded } from "./guarded-process.ts";
import { natsBinary } from "./nats-binary.ts";
import { afterMs, portTaken, type RunningServer, StartLog } from "./postgres.ts";

/** What a nats-server with JetStream needs to run. */
export interface NatsOptions {
  /** Where a fetched binary is kept. */
  readonly binDir: string;
  /** Streams and consumers, and the server's configuration and pid files. */
  readonly storeDir: string;
  /** TCP port on 127.0.0.1. */
  readonly port: number;
  /** Begin without streams. */
  readonly discardData?: boolean;
  /** Bound of all streams together. Default 10 GiB. */
  readonly storeBytesMax?: number;
  /** Further lines of its configuration: TLS, users. */
  readonly extraConfig?: string;
  /** A folder to delete once the server has ended. */
  readonly removeAfter?: string;
  readonly startTimeoutMs?: number;
  onLine?(line: string): void;
}

const START_TIMEOUT_MS = 60_000;
const STORE_BYTES_MAX = 10 * 2 ** 30;
// A message carries a batch of up to 500 events with full state; NATS advises against more than 8 MB.
const MESSAGE_BYTES_MAX = 8 * 2 ** 20;

/**
 * Starts a real nats-server with JetStream and answers once it takes connections. A server that an earlier, killed
 * start left on the same store is stopped first.
 *
 * Throws PORT_TAKEN, DISK_FULL, NATS_MISSING, OFFLINE, NATS_START_FAILED (with its last lines).
 */
export async function startNats(options: NatsOptions): Promise<RunningServer> {
  const binary = natsBinary(options.binDir);
  const pidFile = join(options.storeDir, "nats-server.pid");
  await stopLeftover(pidFile, options.storeDir);
  if (options.discardData) rmSync(options.storeDir, { recursive: true, force: true });
  mkdirSync(options.storeDir, { recursive: true });
  const config = join(options.storeDir, "nats-server.conf");
  writeFileSync(config, configOf(options));
  const log = new StartLog(options.onLine);
  const guarded = await startGuarded({
    command: binary,
    args: ["-c", config, "-P", pidFile],
    stopSignal: "TERM",
    ...(options.removeAfter && { removeAfter: options.removeAfter }),
    onLine: (line) => log.add(line),
  });
  const outcome = await Promise.race([
    log.seen("Server is ready"),
    guarded.exited.then(() => "ended" as const),
    afterMs(options.startTimeoutMs ?? START_TIMEOUT_MS),
  ]);
  if (outcome !== "seen") {
    await guarded.stop();
    throw startProblem(options.port, log.lines);
  }
  return {
    url: `nats://127.0.0.1:${options.port}`,
    port: options.port,
    pid: readPid(pidFile) ?? guarded.pid,
    process: guarded,
    stop: async () => void (await guarded.stop()),
  };
}

function configOf(options: NatsOptions): string {
  return `listen: "127.0.0.1:${options.port}"
max_payload: ${MESSAGE_BYTES_MAX}
jetstream {
  store_dir: ${JSON.stringify(options.storeDir)}
  max_memory_store: ${256 * 2 ** 20}
  max_file_store: ${options.storeBytesMax ?? STORE_BYTES_MAX}
}
${options.extraConfig ?? ""}`;
}

function startProblem(port: number, lines: readonly string[]): StackProblem {
  const output = lines.join("\n");
  if (/no space left/i.test(output)) return diskFull();
  if (/address already in use/i.test(output)) return portTaken("nats-server", port);
  const advice = "Read the lines above. `npm start -- --fresh` begins with empty streams.";
  return new StackProblem("NATS_START_FAILED", `nats-server did not start:\n${output}`, advice);
}

function readPid(pidFile: string): number | undefined {
  try {
    return Number(readFileSync(pidFile, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

async function stopLeftover(pidFile: string, storeDir: string): Promise<void> {
  const pid = readPid(pidFile);
  if (pid === undefined || !isAlive({ pid })) return;
  if (serves(pid, storeDir)) await endProcess({ pid }, ["SIGTERM", "SIGKILL"]);
}

function serves(pid: number, storeDir: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(storeDir);
  } catch {
    return process.platform !== "linux";
  }
}
