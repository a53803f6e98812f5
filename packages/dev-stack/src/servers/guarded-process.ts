import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { ServerUser } from "./server-user.ts";

/** A server under a guard: a shell of its own process group that stops the server when we are gone. */
export interface GuardedProcess {
  /** The guard's pid, which is also its process group. */
  readonly pid: number;
  /** Settles when the server has ended; never rejects. */
  readonly exited: Promise<ProcessEnd>;
  /** Asks the server to end and waits; after `timeoutMs` the whole group is killed. */
  stop(timeoutMs?: number): Promise<ProcessEnd>;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface GuardedOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  readonly user?: ServerUser | undefined;
  /** The signal that ends this server in good order. */
  readonly stopSignal: "INT" | "TERM";
  /** A folder to delete once the server has ended, however that came about. */
  readonly removeAfter?: string;
  onLine(line: string): void;
}

// The guard reads our pipe. Its end, by our will or by our death, stops the server. The server's end ends the guard.
const GUARD = `
signal=$1; remove=$2; shift 2
exec 3<&0
"$@" 3<&- </dev/null & server=$!
( read -r line <&3; kill -s "$signal" "$server" ) 2>/dev/null & reader=$!
wait "$server"; status=$?
kill "$reader" 2>/dev/null
[ -z "$remove" ] || rm -rf "$remove"
exit "$status"`;

const STOP_TIMEOUT_MS = 20_000;

/** Starts a server that cannot outlive this process. Rejects when the program cannot be started at all. */
export async function startGuarded(options: GuardedOptions): Promise<GuardedProcess> {
  const guard = [
    "-c",
    GUARD,
    "guard",
    options.stopSignal,
    options.removeAfter ?? "",
    options.command,
    ...options.args,
  ];
  const child = spawn("/bin/sh", guard, {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env.PATH, LANG: "C.UTF-8", ...options.env },
    ...(options.user && { uid: options.user.uid, gid: options.user.gid }),
  });
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", options.onLine);
  child.stdin.on("error", () => {}); // the guard is gone already; `exited` tells
  const exited = new Promise<ProcessEnd>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  const pid = child.pid as number;
  // A guard that was killed by itself leaves the server behind, in its group.
  child.once("exit", (_code, signal) => signal !== null && killGroup(pid));
  return { pid, exited, stop: (timeoutMs = STOP_TIMEOUT_MS) => stopGuarded(child, pid, exited, timeoutMs) };
}

async function stopGuarded(child: ChildProcess, pid: number, exited: Promise<ProcessEnd>, timeoutMs: number) {
  const kill = setTimeout(() => killGroup(pid), timeoutMs);
  child.stdin?.end();
  const end = await exited;
  clearTimeout(kill);
  return end;
}

/** Kills a whole process group at once; one that is gone already is no error. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group has ended.
  }
}
