import { readFileSync } from "node:fs";

const SAMPLE_MS = 500;

/** Samples the memory of processes and remembers each name's peak. Linux only; elsewhere no figures. */
export class MemoryPeaks {
  readonly #measures = new Map<string, () => number>();
  readonly #peaks = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.sample(), SAMPLE_MS).unref();
  }

  watch(name: string, pid: number): void {
    this.#measures.set(name, () => processBytes(pid));
  }

  /** For a server that is several processes: the pid is the one that forks the others. */
  watchFamily(name: string, pid: number): void {
    this.#measures.set(name, () => familyBytes(pid));
  }

  /** Bytes by name. */
  peaks(): Record<string, number> {
    this.sample();
    return Object.fromEntries(this.#peaks);
  }

  sample(): void {
    for (const [name, measure] of this.#measures) {
      const bytes = measure();
      if (bytes > (this.#peaks.get(name) ?? 0)) this.#peaks.set(name, bytes);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** The kernel's own record of a process's peak; 0 when it has ended. */
export function processBytes(pid: number): number {
  return readStatus(pid)?.VmHWM ?? 0;
}

/**
 * Memory of a process and its children now: private pages added up, shared and file pages taken from the process that
 * has most of them, since Postgres' backends share theirs.
 */
export function familyBytes(pid: number): number {
  const family = [pid, ...childrenOf(pid)].map(readStatus).filter((status) => status !== undefined);
  const largest = (key: string) => Math.max(0, ...family.map((status) => status[key] ?? 0));
  const anonymous = family.reduce((sum, status) => sum + (status.RssAnon ?? 0), 0);
  return anonymous + largest("RssFile") + largest("RssShmem");
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Sizes of /proc/PID/status, in bytes. */
function readStatus(pid: number): Record<string, number> | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "utf8");
    const sizes = text.matchAll(/^(VmHWM|RssAnon|RssFile|RssShmem):\s+(\d+) kB$/gm);
    return Object.fromEntries([...sizes].map((match) => [match[1]!, Number(match[2]) * 1_024]));
  } catch {
    return undefined;
  }
}
