import { Worker } from "node:worker_threads";
import type { AnswerOf, Job } from "./job.ts";
import type { WorkerMessage } from "./job-worker.ts";

/** A job that its plan and its graph cannot both have. */
export class JobRefused extends Error {
  override readonly name = "JobRefused";
}

// A round of a million edges takes some hundred megabytes to solve.
const heapMbMax = 2_048;

/** A thread for long work, so that the event loop stays free. One job at a time; ended by the signal or with `using`. */
export class Thread implements Disposable {
  readonly #worker: Worker;
  readonly #signal: AbortSignal;
  readonly #stop = (): void => void this.#worker.terminate();
  #messages: WorkerMessage[] = [];
  #failure: Error | undefined;
  #moved = Promise.withResolvers<void>();

  constructor(signal: AbortSignal) {
    signal.throwIfAborted();
    this.#signal = signal;
    this.#worker = new Worker(new URL("./job-worker.ts", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: heapMbMax },
    });
    this.#worker.on("message", (message: WorkerMessage) => {
      this.#messages.push(message);
      this.#move();
    });
    this.#worker.on("error", (error: Error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("the thread ended")));
    signal.addEventListener("abort", this.#stop, { once: true });
  }

  /** The answers of a job, as they are found. Throws JobRefused; the signal's reason when it aborts. */
  async *answers<J extends Job>(job: J): AsyncGenerator<AnswerOf<J>> {
    this.#worker.postMessage(job);
    for (;;) {
      const message = this.#messages.shift();
      if (message?.kind === "ANSWER") yield message.answer as AnswerOf<J>;
      else if (message?.kind === "DONE") return;
      else if (message?.kind === "REFUSED") throw new JobRefused(message.message);
      else await this.#wait();
    }
  }

  /** The one answer of a job. */
  async answer<J extends Job>(job: J): Promise<AnswerOf<J>> {
    const found: AnswerOf<J>[] = [];
    for await (const answer of this.answers(job)) found.push(answer);
    return found[0] as AnswerOf<J>;
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener("abort", this.#stop);
    void this.#worker.terminate();
  }

  async #wait(): Promise<void> {
    this.#signal.throwIfAborted();
    if (this.#failure) throw this.#failure;
    await this.#moved.promise;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#move();
  }

  #move(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }
}
