import { readFileSync } from "node:fs";

const SAMPLE_MS = 500;

/** Samples the memory of processes and remembers each name's peak. Linux only; elsewhere no figures. */
export class MemoryPeaks {
  readonly #pids = new Map<string, number>();
  readonly #peaks = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.sample(), SAMPLE_MS).unref();
  }

  watch(name: string, pid: number): void {
    this.#pids.set(name, pid);
  }

  /** Bytes by name. A server of several processes counts shared pages once. */
  peaks(): Record<string, number> {
    this.sample();
    return Object.fromEntries(this.#peaks);
  }

  sample(): void {
    for (const [name, pid] of this.#pids) {
      const bytes = memoryBytes(pid);
      if (bytes > (this.#peaks.get(name) ?? 0)) this.#peaks.set(name, bytes);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/**
 * Memory of a process and its direct children (Postgres' backends): private pages added up, shared and file pages
 * taken from the process that has most of them. For a single process it is the kernel's own peak.
 */
export function memoryBytes(pid: number): number {
  const family = [pid, ...childrenOf(pid)].map(readStatus).filter((status) => status !== undefined);
  if (family.length === 1) return family[0]!.VmHWM ?? 0;
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
