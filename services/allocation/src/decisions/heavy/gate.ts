import { Code } from "@connectrpc/connect";
import { problem } from "@marketmesh/rpc";
import type { Reason } from "../../rpc/problem.ts";

/** Threads of one process: each takes a core and, for large rounds, a gigabyte. */
const threadsMax = 2;

/** Lets one replay, simulation or trade-off of a market into a process at a time, and two in all. */
export class Gate {
  readonly #markets = new Set<string>();
  #threads = 0;

  /** Throws REPLAY_RUNNING or OVERLOADED; otherwise leave it with `using`. */
  enter(market: string): Disposable {
    if (this.#markets.has(market)) {
      const message = `a replay of markets/${market} is running`;
      throw busy("REPLAY_RUNNING" satisfies Reason, message, { market: `markets/${market}` });
    }
    const thread = this.takeThread();
    this.#markets.add(market);
    return {
      [Symbol.dispose]: () => {
        this.#markets.delete(market);
        thread[Symbol.dispose]();
      },
    };
  }

  /** A thread for something short. Throws OVERLOADED. */
  takeThread(): Disposable {
    if (this.#threads === threadsMax) {
      throw busy("OVERLOADED", "as many threads work as may", { callsMax: String(threadsMax) });
    }
    this.#threads++;
    return { [Symbol.dispose]: () => void this.#threads-- };
  }
}

function busy(reason: string, message: string, metadata: Readonly<Record<string, string>>) {
  return problem(Code.ResourceExhausted, reason, message, { metadata, retryAfterMs: 1_000 });
}
