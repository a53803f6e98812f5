import { EventEmitter } from "node:events";

/** Tells those who wait in this process that something moved. Other processes notice by polling. */
export class Signals {
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  tell(topic: string): void {
    this.#emitter.emit(topic);
  }

  /** Resolves when the topic is told, after `timeoutMs`, or when the signal aborts. */
  wait(topic: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#emitter.off(topic, done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#emitter.on(topic, done);
      signal.addEventListener("abort", done);
      if (signal.aborted) done();
    });
  }
}

/** Topics that are told in this process. */
export const topics = {
  roundToDo: "round-to-do",
  roundTimers: "round-timers",
  offersSettled: "offers-settled",
  levelsProjected: "levels-projected",
  round: (market: string, id: string) => `round/${market}/${id}`,
} as const;
