import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { defaultStateDir } from "@marketmesh/dev-stack";
import type { BenchMesh } from "../bench-mesh.ts";

const ticksPerSecond = 100;
const watched = ["allocation", "eligibility", "scoring", "catalog"];

/** Processor time that services and Postgres used since it was made. Linux only; elsewhere it says nothing. */
export class CpuMeter {
  readonly #mesh: BenchMesh;
  readonly #before: Readonly<Record<string, number>>;

  constructor(mesh: BenchMesh) {
    this.#mesh = mesh;
    this.#before = this.#read();
  }

  /** Milliseconds by process, over so many calls. */
  perCall(calls: number): Record<string, number> {
    const now = this.#read();
    return Object.fromEntries(
      Object.entries(now).map(([name, ms]) => [
        name,
        Number(((ms - (this.#before[name] ?? 0)) / calls).toFixed(2)),
      ]),
    );
  }

  #read(): Record<string, number> {
    if (process.platform !== "linux") return {};
    const used: Record<string, number> = { bench: process.cpuUsage().user / 1_000 };
    for (const name of watched) used[name] = cpuMs(this.#mesh.pidOf(name));
    used.postgres = postgresMs();
    return used;
  }
}

/** Of all backends of the mesh's own Postgres: they work in its data folder. */
function postgresMs(): number {
  const folder = join(defaultStateDir(), "bench");
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => nameOf(pid) === "postgres" && workingIn(pid).startsWith(folder))
    .reduce((sum, pid) => sum + cpuMs(Number(pid)), 0);
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

function workingIn(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
}

function cpuMs(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond;
  } catch {
    return 0;
  }
}
