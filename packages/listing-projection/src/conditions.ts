import { Code } from "@connectrpc/connect";
import { problem } from "@marketmesh/rpc";

const waitersMax = 10_000;

interface Waiter {
  readonly holds: () => boolean;
  readonly resolve: () => void;
}

/** Requests that wait for the projection to come to something. */
export class Conditions {
  readonly #waiters = new Set<Waiter>();

  /** Whether it held before the signal was aborted. */
  wait(holds: () => boolean, signal: AbortSignal): Promise<boolean> {
    if (holds()) return Promise.resolve(true);
    if (signal.aborted) return Promise.resolve(false);
    if (this.#waiters.size >= waitersMax) {
      throw problem(Code.ResourceExhausted, "OVERLOADED", "too many requests wait for listings", {
        retryAfterMs: 1_000,
      });
    }
    return new Promise((resolve) => {
      const late = () => {
        this.#waiters.delete(waiter);
        resolve(false);
      };
      const waiter = {
        holds,
        resolve: () => {
          signal.removeEventListener("abort", late);
          resolve(true);
        },
      };
      signal.addEventListener("abort", late, { once: true });
      this.#waiters.add(waiter);
    });
  }

  /** Something changed. */
  check(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.holds()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}
