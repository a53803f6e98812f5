import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { diskFull, StackProblem } from "../problem.ts";
import { endProcess, isAlive } from "../process-identity.ts";
import { type GuardedProcess, startGuarded } from "./guarded-process.ts";
import { postgresBinaries } from "./postgres-binaries.ts";
import { postgresUser, type ServerUser } from "./server-user.ts";

/** What a Postgres server needs to run. */
export interface PostgresOptions {
  /** A folder that the server's user can reach; binaries are copied here when node_modules cannot be reached. */
  readonly serverDir: string;
  /** The cluster's data, made by initdb when it is absent. Default `serverDir/postgres`. */
  readonly dataDir?: string;
  /** TCP port on 127.0.0.1. */
  readonly port: number;
  /** Password of the superuser `postgres`, set when the cluster is made. */
  readonly password: string;
  /** Default 100. */
  readonly maxConnections?: number;
  /** False: an fsync is skipped and a power cut may lose data. For tests. Default true. */
  readonly durable?: boolean;
  /** Begin with an empty cluster. */
  readonly discardData?: boolean;
  /** Further settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A folder to delete once the server has ended. */
  readonly removeAfter?: string;
  readonly startTimeoutMs?: number;
  onLine?(line: string): void;
}

/** A server that runs on 127.0.0.1. */
export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** The pid of the server itself, not of its guard. */
  readonly pid: number;
  readonly process: GuardedProcess;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const LAST_LINES_MAX = 20;
const BACKENDS_LEFT = "pre-existing shared memory block";
const BACKENDS_WAIT_MS = 10_000;

/**
 * Starts a real Postgres and answers once it takes connections. A server that an earlier, killed start left on the
 * same data is stopped first.
 *
 * Throws PORT_TAKEN, DISK_FULL, POSTGRES_INIT_FAILED, POSTGRES_START_FAILED (with its last lines).
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningServer> {
  for (const giveUpAt = Date.now() + BACKENDS_WAIT_MS; ; ) {
    try {
      return await startOnce(options);
    } catch (error) {
      // Backends of a server that was killed end by themselves, each when it next looks up from its work.
      if (!String(error).includes(BACKENDS_LEFT) || Date.now() > giveUpAt) throw error;
      await delay(100);
    }
  }
}

async function startOnce(options: PostgresOptions): Promise<RunningServer> {
  const user = postgresUser();
  const binaries = postgresBinaries(options.serverDir, user);
  const dataDir = options.dataDir ?? join(options.serverDir, "postgres");
  await stopLeftover(dataDir);
  if (options.discardData) rmSync(dataDir, { recursive: true, force: true });
  if (!existsSync(join(dataDir, "PG_VERSION"))) initialise(binaries, dataDir, options.password, user);
  const log = new StartLog(options.onLine);
  const guarded = await startGuarded({
    command: join(binaries, "bin", "postgres"),
    args: ["-D", dataDir, ...settingArgs(options)],
    env: { LC_ALL: "C.UTF-8", PGTZ: "UTC" },
    user,
    stopSignal: "INT", // fast shutdown: ends sessions, writes a checkpoint
    ...(options.removeAfter && { removeAfter: options.removeAfter }),
    onLine: (line) => log.add(line),
  });
  const ready = log.seen("database system is ready to accept");
  const outcome = await Promise.race([
    ready,
    guarded.exited.then(() => "ended" as const),
    afterMs(options.startTimeoutMs ?? START_TIMEOUT_MS),
  ]);
  if (outcome !== "seen") {
    await guarded.stop();
    throw startProblem(options.port, log.lines);
  }
  return {
    url: `postgres://postgres:${encodeURIComponent(options.password)}@127.0.0.1:${options.port}/postgres`,
    port: options.port,
    pid: readPostmasterPid(dataDir) ?? guarded.pid,
    process: guarded,
    stop: async () => void (await guarded.stop()),
  };
}

function settingArgs(options: PostgresOptions): string[] {
  const quick = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };
  const settings: Record<string, string> = {
    listen_addresses: "127.0.0.1",
    port: String(options.port),
    unix_socket_directories: "",
    max_connections: String(options.maxConnections ?? 100),
    log_min_messages: "warning",
    ...(options.durable === false && quick),
    ...options.settings,
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

function initialise(binaries: string, dataDir: string, password: string, user: ServerUser | undefined): void {
  rmSync(dataDir, { recursive: true, force: true }); // an initdb that was cut short
  mkdirSync(dataDir, { recursive: true });
  chmodSync(dataDir, 0o700);
  const passwordFile = join(dirname(dataDir), `.initdb-${process.pid}`);
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user) for (const path of [dataDir, passwordFile]) chownSync(path, user.uid, user.gid);
  const collation = [
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
  ];
  const args = [
    "-D",
    dataDir,
    "-U",
    "postgres",
    "--auth=scram-sha-256",
    `--pwfile=${passwordFile}`,
    "--no-sync",
  ];
  const result = spawnSync(join(binaries, "bin", "initdb"), [...args, ...collation], {
    cwd: "/",
    encoding: "utf8",
    env: { LC_ALL: "C.UTF-8", PATH: process.env.PATH },
    ...(user && { uid: user.uid, gid: user.gid }),
  });
  rmSync(passwordFile, { force: true });
  if (result.status === 0) return;
  rmSync(dataDir, { recursive: true, force: true });
  const output = `${result.stdout ?? ""}${result.stderr ?? result.error?.message ?? ""}`.trim();
  if (/No space left/i.test(output)) throw diskFull();
  const advice = "Read the lines above; or set DATABASE_URL to a server that exists.";
  throw new StackProblem("POSTGRES_INIT_FAILED", `initdb failed:\n${output}`, advice);
}

function startProblem(port: number, lines: readonly string[]): StackProblem {
  const output = lines.join("\n");
  if (/No space left/i.test(output)) return diskFull();
  if (/could not bind|Address already in use/i.test(output)) return portTaken("Postgres", port);
  const advice = "Read the lines above. `npm start -- --fresh` begins with an empty database.";
  return new StackProblem("POSTGRES_START_FAILED", `Postgres did not start:\n${output}`, advice);
}

/** The named error of a port that somebody else listens on. */
export function portTaken(who: string, port: number): StackProblem {
  const advice = "Stop what listens there, or set MARKETMESH_PORT_BASE to the first of 40 free ports.";
  return new StackProblem("PORT_TAKEN", `port ${port} of 127.0.0.1, meant for ${who}, is taken`, advice);
}

/** The pid in postmaster.pid, when the file is there. */
function readPostmasterPid(dataDir: string): number | undefined {
  try {
    return Number(readFileSync(join(dataDir, "postmaster.pid"), "utf8").split("\n")[0]) || undefined;
  } catch {
    return undefined;
  }
}

/** Its guard stops an abandoned server by itself; we wait for that, and help when the guard is gone too. */
async function stopLeftover(dataDir: string): Promise<void> {
  const pid = readPostmasterPid(dataDir);
  if (pid === undefined) return;
  // Of a server that was killed the file stays: Postgres reads in it whose backends may still be at the data.
  if (!isAlive({ pid })) return;
  if (servesData(pid, dataDir)) await endProcess({ pid }, ["SIGINT", "SIGQUIT", "SIGKILL"]);
  else rmSync(join(dataDir, "postmaster.pid"), { force: true }); // a reused pid must not stop the start
}

function servesData(pid: number, dataDir: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(dataDir);
  } catch {
    return process.platform !== "linux";
  }
}

/** The last lines of a starting server, and a promise for the line that says it is ready. */
export class StartLog {
  readonly lines: string[] = [];
  readonly #sink: ((line: string) => void) | undefined;
  #awaited: { text: string; resolve: (outcome: "seen") => void } | undefined;

  constructor(sink?: (line: string) => void) {
    this.#sink = sink;
  }

  add(line: string): void {
    this.#sink?.(line);
    this.lines.push(line);
    if (this.lines.length > LAST_LINES_MAX) this.lines.shift();
    if (this.#awaited && line.includes(this.#awaited.text)) this.#awaited.resolve("seen");
  }

  seen(text: string): Promise<"seen"> {
    return new Promise((resolve) => {
      this.#awaited = { text, resolve };
      if (this.lines.some((line) => line.includes(text))) resolve("seen");
    });
  }
}

/** Answers "late" after a while, and keeps no process alive for it. */
export function afterMs(timeoutMs: number): Promise<"late"> {
  return new Promise((resolve) => void setTimeout(() => resolve("late"), timeoutMs).unref());
}
