import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A process that came to an armed point, and when that was seen. */
export interface Hit {
  readonly point: string;
  readonly pid: number;
  readonly atMs: number;
}

/** The fault points of a mesh: files in a folder that its processes look into. See service-host's fault-points.ts. */
export class ArmedPoints {
  readonly folder: string;
  readonly #waiting = new Set<() => void>();

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** The process that comes to the point next kills itself there; after `passes` others have passed. */
  kill(point: string, passes = 0): Promise<Hit> {
    return this.#arm(point, `SIGKILL ${passes}`);
  }

  /** The process that comes to the point next stops there; `resume` lets it go on. Resolves once it stands still. */
  async stop(point: string, passes = 0): Promise<Hit> {
    const hit = await this.#arm(point, `SIGSTOP ${passes}`);
    while (stateOf(hit.pid) !== "T") await new Promise((resolve) => setTimeout(resolve, 1));
    return hit;
  }

  /** Forgets what is armed and was not come to: who waits for it is rejected. */
  disarm(): void {
    for (const name of readdirSync(this.folder)) {
      if (!name.includes("@")) rmSync(join(this.folder, name), { force: true });
    }
    for (const giveUp of [...this.#waiting]) giveUp();
  }

  resume({ pid }: Hit): void {
    process.kill(pid, "SIGCONT");
  }

  #arm(point: string, text: string): Promise<Hit> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const file = readdirSync(this.folder).find((name) => name.startsWith(`${point}@`) && !seen.has(name));
        if (file === undefined) return;
        end();
        resolve({ point, pid: Number(file.slice(point.length + 1)), atMs: performance.now() });
      };
      const seen = new Set(readdirSync(this.folder));
      const watching = watch(this.folder, look);
      const end = () => {
        watching.close();
        this.#waiting.delete(giveUp);
      };
      const giveUp = () => {
        look(); // it may have come and not been told yet
        end();
        reject(new Error(`no process came to ${point}`));
      };
      this.#waiting.add(giveUp);
      // As a whole: a process that comes by reads nothing or all of it.
      const written = join(this.folder, `@${point}`);
      writeFileSync(written, text);
      renameSync(written, join(this.folder, point));
    });
  }
}

/** A letter of /proc: T is stopped. Elsewhere than on Linux a moment has to do: stopped at once. */
function stateOf(pid: number): string {
  if (process.platform !== "linux") return "T";
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2)[0] ?? "";
}
