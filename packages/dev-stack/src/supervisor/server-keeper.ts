import { setTimeout as delay } from "node:timers/promises";
import { StackProblem } from "../problem.ts";
import type { RunningServer } from "../servers/postgres.ts";
import { afterEnd, RESTART_POLICY, type RestartPolicy } from "./restart-policy.ts";

/** How a server is kept running. */
export interface ServerKeeperOptions {
  readonly name: string;
  /** How often it may end. */
  readonly policy?: RestartPolicy;
  start(): Promise<RunningServer>;
  onStart(server: RunningServer): void;
  onRestart(delayMs: number): void;
  onGiveUp(problem: StackProblem): void;
}

/** Starts a server and starts it again, on the same data, when it ends by itself. */
export class ServerKeeper {
  readonly #options: ServerKeeperOptions;
  readonly #stopping = new AbortController();
  readonly #ends: number[] = [];
  #server: RunningServer | undefined;
  #restarting: Promise<void> = Promise.resolve();

  constructor(options: ServerKeeperOptions) {
    this.#options = options;
  }

  /** The first start: a failure here is the caller's. */
  async start(): Promise<RunningServer> {
    const server = await this.#options.start();
    this.#server = server;
    this.#options.onStart(server);
    void server.process.exited.then(() => this.#onEnd());
    return server;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#restarting;
    await this.#server?.stop();
  }

  #onEnd(): void {
    if (this.#stopping.signal.aborted) return;
    this.#ends.push(Date.now());
    const next = afterEnd(this.#ends, this.#options.policy ?? RESTART_POLICY);
    if (next === "give up") {
      const { name } = this.#options;
      const advice = `Read its log: npx marketmesh logs ${name}.`;
      this.#options.onGiveUp(
        new StackProblem("SERVER_FAILED", `${name} ended ${this.#ends.length} times`, advice),
      );
      return;
    }
    this.#options.onRestart(next.delayMs);
    this.#restarting = this.#restartAfter(next.delayMs);
  }

  async #restartAfter(delayMs: number): Promise<void> {
    await delay(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
    if (this.#stopping.signal.aborted) return;
    // A server that does not start counts as one that ended.
    await this.start().catch(() => this.#onEnd());
  }
}
