import { AsyncLocalStorage } from "node:async_hooks";
import { ConnectError } from "@connectrpc/connect";
import { isPassing, reasonOf } from "@marketmesh/client";

/** One call of the load, from its first attempt to its answer. */
export interface CallRecord {
  readonly method: string;
  /** What went on when it began. */
  readonly phase: string;
  readonly tookMs: number;
  /** Attempts that were sent; an address that refused the connection is none. */
  readonly attempts: number;
  /** Why it failed, in the end. */
  readonly error?: string;
}

// What is slow on a busy machine has not failed: servers allow twice as much.
const timeoutMs = 60_000;
const streamAttemptsMax = 6;

type Options = { readonly timeoutMs?: number; readonly signal?: AbortSignal };
type Unary = (request: object, options?: Options) => Promise<unknown>;

/** Every call of the load: how long it took, how often it was tried, whether it failed. */
export class Ledger {
  /** What goes on now; calls that begin take it along. */
  phase = "setup";
  readonly calls: CallRecord[] = [];
  readonly #attempts = new AsyncLocalStorage<{ count: number }>();

  /** To be called once for every attempt. */
  attempt(): void {
    const store = this.#attempts.getStore();
    if (store) store.count += 1;
  }

  /** A client whose calls are written down. Streams are left as they are: see `streamed`. */
  metered<C extends object>(service: string, client: C): C {
    const methods = Object.entries(client).map(([name, method]) => {
      const call: Unary = (request, options) =>
        this.#record(`${service}.${name}`, () => (method as Unary)(request, { timeoutMs, ...options }));
      return [name, call];
    });
    return Object.fromEntries(methods) as C;
  }

  /** A stream that is read to its end is a call too; one that breaks off is begun again by its reader, as it has to be. */
  streamed<T>(method: string, read: () => Promise<T>): Promise<T> {
    return this.#record(method, async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await read();
        } catch (error) {
          if (!isPassing(error) || attempt === streamAttemptsMax) throw error;
          await new Promise((resolve) => setTimeout(resolve, 50 * attempt));
        }
      }
    });
  }

  /** Each call that failed: what, when and why. */
  get failed(): string[] {
    return this.calls.flatMap(({ method, phase, error, tookMs, attempts }) =>
      error === undefined
        ? []
        : [`${phase}: ${method} after ${Math.round(tookMs)} ms, ${attempts} attempts: ${error}`],
    );
  }

  get retries(): number {
    return this.calls.reduce((sum, { attempts }) => sum + Math.max(0, attempts - 1), 0);
  }

  /** Milliseconds that a share of the calls of a phase took at most. */
  quantile(phase: string, share: number): number {
    const took = this.calls.filter((call) => call.phase === phase).map(({ tookMs }) => tookMs);
    took.sort((left, right) => left - right);
    return Math.round(took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? Number.NaN);
  }

  async #record<T>(method: string, work: () => Promise<T>): Promise<T> {
    const { phase } = this;
    const store = { count: 0 };
    const startMs = performance.now();
    const ended = (error?: string) =>
      this.calls.push({
        method,
        phase,
        tookMs: performance.now() - startMs,
        attempts: store.count,
        ...(error !== undefined && { error }),
      });
    try {
      const answer = await this.#attempts.run(store, work);
      ended();
      return answer;
    } catch (error) {
      ended(`${reasonOf(error as ConnectError) ?? ""} ${ConnectError.from(error).message}`.trim());
      throw error;
    }
  }
}
