import type { Solution } from "@marketmesh/allocation-engine";
import type { SentGraph, SentPlan } from "./sent-graph.ts";

/** A solved graph that may still be asked about. */
export interface KeptSolution {
  readonly market: string;
  readonly graph: SentGraph;
  readonly plan: SentPlan;
  readonly solution: Solution;
}

/** How much is kept, and for how long. */
export interface KeepLimits {
  readonly bytesMax: number;
  readonly solutionsMax: number;
  readonly keepMs: number;
}

export const keepLimits: KeepLimits = {
  bytesMax: 512 * 1024 * 1024,
  solutionsMax: 1_000,
  keepMs: 15 * 60_000,
};

interface Entry extends KeptSolution {
  readonly bytes: number;
  readonly expireMs: number;
}

/** Solved graphs in the memory of this process; the oldest go first. */
export class SolutionStore {
  readonly #limits: KeepLimits;
  readonly #nowMs: () => number;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(limits: KeepLimits = keepLimits, nowMs: () => number = Date.now) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** Keeps a solution under a handle. Answers until when; undefined: it is larger than all the room there is. */
  keep(handle: string, kept: KeptSolution): number | undefined {
    const bytes = bytesOf(kept);
    if (bytes > this.#limits.bytesMax) return undefined;
    this.#dropExpired();
    for (const oldest of this.#entries.keys()) {
      const fits =
        this.#bytes + bytes <= this.#limits.bytesMax && this.#entries.size < this.#limits.solutionsMax;
      if (fits) break;
      this.#drop(oldest);
    }
    const expireMs = this.#nowMs() + this.#limits.keepMs;
    this.#entries.set(handle, { ...kept, bytes, expireMs });
    this.#bytes += bytes;
    return expireMs;
  }

  /** What the market keeps under the handle, if it still does. */
  find(market: string, handle: string): KeptSolution | undefined {
    this.#dropExpired();
    const entry = this.#entries.get(handle);
    return entry?.market === market ? entry : undefined;
  }

  // All are kept equally long, so those that end first stand first.
  #dropExpired(): void {
    const nowMs = this.#nowMs();
    for (const [handle, { expireMs }] of this.#entries) {
      if (expireMs > nowMs) return;
      this.#drop(handle);
    }
  }

  #drop(handle: string): void {
    this.#bytes -= this.#entries.get(handle)?.bytes ?? 0;
    this.#entries.delete(handle);
  }
}

// What a market without any pair takes, so that many small ones count too.
const bytesAtLeast = 4_096;

function bytesOf({ graph, solution }: KeptSolution): number {
  const { demands, supplies } = graph;
  const nodes = demands.capacities.length + supplies.capacities.length;
  const columns = 3 + demands.groups.length + supplies.groups.length;
  const pairs = graph.edgeDemands.byteLength * 6;
  return bytesAtLeast + nodes * (columns * 4 + 8) + pairs + solution.assignment.edges.length * 8;
}
