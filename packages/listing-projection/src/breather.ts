import { setImmediate } from "node:timers/promises";

/** Lets other calls and health checks run in between the parts of long work. */
export interface Breather {
  /** Call between parts. Throws the signal's reason when the caller has left. */
  breathe(): Promise<void>;
}

/** @param sliceMs how long the process may be busy with one call before others get their turn */
export function breather(signal: AbortSignal, sliceMs = 15): Breather {
  let startedMs = performance.now();
  return {
    async breathe() {
      if (performance.now() - startedMs >= sliceMs) {
        await setImmediate();
        startedMs = performance.now();
      }
      signal.throwIfAborted();
    },
  };
}
