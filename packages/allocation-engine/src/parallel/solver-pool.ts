import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { SparseGraph } from "../graph.ts";
import type { CertifiedSolution, OptimalOptions } from "../optimal/optimal.ts";
import { gather, optimalByComponents, prepare } from "./by-components.ts";
import { solveParcels } from "./solve-parcel.ts";

/** Graphs with fewer edges are solved where they are: starting threads on them costs more. */
const PARALLEL_EDGES = 200_000;

export interface SolverPoolOptions {
  /** Threads beside the caller's, 1 to 64. */
  readonly threads: number;
  /** Edges below which the caller's thread does it alone; default 200,000. */
  readonly edgesMin?: number;
}

/**
 * Worker threads that solve parts of a graph side by side, over shared memory. The answer is that of `optimalByComponents`,
 * whatever the number of threads. A graph in one piece gains nothing.
 *
 * The caller makes it and closes it (`await using`, or `close()`); one graph is solved at a time, others wait.
 */
export class SolverPool implements AsyncDisposable {
  readonly #workers: Worker[];
  readonly #edgesMin: number;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @throws RangeError for a number of threads out of range */
  constructor({ threads, edgesMin = PARALLEL_EDGES }: SolverPoolOptions) {
    if (!Number.isInteger(threads) || threads < 1 || threads > 64) {
      throw new RangeError(`${threads} threads; allowed: 1 to 64`);
    }
    this.#edgesMin = edgesMin;
    this.#workers = Array.from(
      { length: threads },
      () => new Worker(new URL("./worker.ts", import.meta.url)),
    );
    // A pool nobody uses does not keep the process alive. What goes wrong in a thread shows where its answer is awaited.
    for (const worker of this.#workers) {
      worker.unref();
      worker.on("error", () => {
        this.#closed = true;
      });
    }
  }

  /**
   * Solves a graph that must not change meanwhile.
   *
   * @throws EngineError as `optimal`; Error when the pool is closed or a thread failed
   */
  solve(graph: SparseGraph, weights: Int32Array, options: OptimalOptions = {}): Promise<CertifiedSolution> {
    const solved = this.#last.then(() => this.#solve(graph, weights, options));
    this.#last = solved.catch(() => undefined);
    return solved;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #solve(graph: SparseGraph, weights: Int32Array, options: OptimalOptions): Promise<CertifiedSolution> {
    if (this.#closed) throw new Error("the pool is closed");
    if (weights.length < this.#edgesMin) return optimalByComponents(graph, weights, options);
    const parcels = prepare(graph, weights, options, true);
    const helpers = this.#workers.slice(0, Math.max(0, parcels.count - 1));
    const done = helpers.map(async (worker) => {
      worker.ref();
      const answer = once(worker, "message");
      worker.postMessage(parcels);
      await answer;
      worker.unref();
    });
    // Listen before this thread is busy: a failure must find somebody waiting.
    const all = Promise.all(done);
    all.catch(() => undefined);
    solveParcels(parcels);
    await all;
    return gather(graph, weights, parcels);
  }
}
