import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identify, isAlive, killTree, type ProcessIdentity, waitForEnd } from "../process-identity.ts";

const prefix = "marketmesh-tests-";
const ownerFile = "owner.json";
const endMs = 30_000;

/** The temporary folder of one run of tests and of all that it starts, by `TMPDIR`. */
export interface RunFolder {
  readonly path: string;
  /**
   * Waits until the processes that name the folder have ended, kills those that do not, and removes it. Answers with what had to
   * be killed.
   */
  close(timeoutMs?: number): Promise<string[]>;
}

/** Makes the folder and points `TMPDIR` to it. Folders of runs that were killed are removed first. */
export function openRunFolder(): RunFolder {
  const parent = tmpdir();
  removeAbandoned(parent);
  const path = mkdtempSync(join(parent, prefix));
  chmodSync(path, 0o711); // Postgres' user passes through
  writeFileSync(join(path, ownerFile), JSON.stringify(identify(process.pid)));
  const before = process.env.TMPDIR;
  process.env.TMPDIR = path;
  return {
    path,
    async close(timeoutMs = endMs) {
      const left = await ended(path, timeoutMs);
      rmSync(path, { recursive: true, force: true, maxRetries: 5 });
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
      return left;
    },
  };
}

function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent).filter((each) => each.startsWith(prefix))) {
    const owner = textOf(join(parent, name, ownerFile));
    if (owner === "" || isAlive(JSON.parse(owner) as ProcessIdentity)) continue;
    rmSync(join(parent, name), { recursive: true, force: true });
  }
}

async function ended(folder: string, timeoutMs: number): Promise<string[]> {
  const giveUpAt = Date.now() + timeoutMs;
  for (const process of processesNaming(folder)) {
    await waitForEnd(process, Math.max(0, giveUpAt - Date.now()));
  }
  const left = processesNaming(folder);
  const said = left.map(({ pid }) => `${pid}: ${commandOf(pid)}`);
  for (const process of left) killTree(process);
  for (const process of left) await waitForEnd(process, endMs);
  return said;
}

/** Processes whose command or environment names the folder, this one left out. Linux only: elsewhere none is found. */
function processesNaming(folder: string): ProcessIdentity[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => ["cmdline", "environ"].some((file) => textOf(`/proc/${pid}/${file}`).includes(folder)))
    .map((pid) => identify(Number(pid)))
    .filter(isAlive);
}

function commandOf(pid: number): string {
  return textOf(`/proc/${pid}/cmdline`).replaceAll("\0", " ").slice(0, 200);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // it has ended, or is somebody else's
  }
}
