import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** A process that can be recognised later: pids are reused, a pid with its start time is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In the system's own words (clock ticks since boot on Linux). Absent: the pid alone is believed. */
  readonly startTime?: string;
}

const POLL_MS = 25;
const GRACE_MS = 5_000;

/** The identity of a process that runs now. */
export function identify(pid: number): ProcessIdentity {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? { pid } : { pid, startTime };
}

/** Whether that very process still runs; a zombie does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  const startTime = startTimeOf(identity.pid);
  return startTime !== undefined && (identity.startTime === undefined || identity.startTime === startTime);
}

function startTimeOf(pid: number): string | undefined {
  if (process.platform !== "linux") {
    const ps = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" });
    return ps.stdout.trim() || undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold spaces; the state follows it, and the start time is 19 fields further.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Waits until the process has ended. False when it still runs after `timeoutMs`. */
export async function waitForEnd(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const giveUpAt = Date.now() + timeoutMs;
  while (isAlive(identity)) {
    if (Date.now() > giveUpAt) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** Ends a process that may be ending already: waits first, then sends one signal after another. */
export async function endProcess(
  identity: ProcessIdentity,
  signals: readonly NodeJS.Signals[],
  graceMs: number = GRACE_MS,
): Promise<void> {
  if (await waitForEnd(identity, Math.min(graceMs, 2_000))) return;
  for (const signal of signals) {
    if (isAlive(identity)) process.kill(identity.pid, signal);
    if (await waitForEnd(identity, graceMs)) return;
  }
}

/** Kills a process and the group it leads. */
export function killTree(identity: ProcessIdentity): void {
  if (!isAlive(identity)) return;
  for (const target of [-identity.pid, identity.pid]) {
    try {
      process.kill(target, "SIGKILL");
    } catch {
      // Not a group's leader, or gone already.
    }
  }
}
