import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { checkoutDir, freePort } from "@marketmesh/dev-stack/servers";

/** A long run goes on at the lowest priority, beside others. */
const startsMs = 300_000;

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
}

/** Processes of one service, as they run in production, each on a port that it keeps when it is killed and started again. */
export class ServiceProcesses implements AsyncDisposable {
  readonly #main: string;
  readonly #running: Running[] = [];
  readonly said: string[] = [];
  /** Ends that nobody asked for. */
  readonly crashes: string[] = [];
  #ending = new WeakSet<ChildProcess>();
  /** Those that did not get their port. */
  #refused = new WeakSet<ChildProcess>();

  /** @param main what Node runs, below the checkout */
  constructor(main: string) {
    this.#main = join(checkoutDir, main);
  }

  /** Starts another process; resolves when it serves. */
  async start(env: Readonly<Record<string, string>>): Promise<void> {
    const [port, metricsPort] = [await freePort(), await freePort()];
    const { MARKETMESH_FAULT_POINTS: _, ...inherited } = process.env;
    const own = { PORT: String(port), METRICS_PORT: String(metricsPort) };
    const all = { ...inherited, ...env, ...own };
    this.#running.push({ child: this.#spawn(all), port, env: all });
    await this.#serves(this.#running.length - 1);
  }

  /** For a client: all of them, which it balances over. */
  get endpoint(): string {
    return this.#running.map(({ port }) => `http://127.0.0.1:${port}`).join(",");
  }

  get count(): number {
    return this.#running.length;
  }

  /** kill -9, and another process in its place; resolves when that serves. */
  async killAndRestart(at: number): Promise<void> {
    await this.kill(at);
    await this.restart(at);
  }

  /** kill -9, and nothing in its place. */
  async kill(at: number): Promise<void> {
    await this.#end(this.#running[at]!.child);
  }

  /** A process kills itself, at a point that was armed; resolves when it is gone. */
  async dies(at: number): Promise<void> {
    const { child } = this.#running[at]!;
    this.#ending.add(child);
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }

  /** Another process in the place of one that is gone; resolves when it serves, with when that was seen, by `performance.now()`. */
  async restart(at: number): Promise<number> {
    const { port, env } = this.#running[at]!;
    this.#running[at] = { child: this.#spawn(env), port, env };
    await this.#serves(at);
    return performance.now();
  }

  #spawn(env: NodeJS.ProcessEnv): ChildProcess {
    const child = spawn(process.execPath, [this.#main], { env, stdio: ["ignore", "pipe", "pipe"] });
    let taken = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        if (this.said.length < 2_000) this.said.push(text);
        if (text.includes("EADDRINUSE")) taken = true;
      });
    }
    child.once("close", (code, signal) => {
      if (taken) this.#refused.add(child);
      else if (!this.#ending.has(child)) this.crashes.push(`a process ended by itself: ${code ?? signal}`);
    });
    return child;
  }

  async #serves(at: number): Promise<void> {
    const { port, env } = this.#running[at]!;
    const endMs = Date.now() + startsMs;
    while (!(await isReady(port))) {
      // While nobody listened, the machine may have given the port to a connection: it is free again when that ends.
      if (this.#refused.has(this.#running[at]!.child))
        this.#running[at] = { child: this.#spawn(env), port, env };
      if (Date.now() > endMs)
        throw new Error(`not ready after ${startsMs} ms:\n${this.said.slice(-20).join("")}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #end(child: ChildProcess): Promise<void> {
    this.#ending.add(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.map(({ child }) => this.#end(child)));
  }
}

async function isReady(port: number): Promise<boolean> {
  const asked = fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2_000) });
  return asked.then(
    ({ status }) => status === 200,
    () => false,
  );
}
