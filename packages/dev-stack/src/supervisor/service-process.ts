import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { StackProblem } from "../problem.ts";
import { killGroup } from "../servers/guarded-process.ts";
import { afterEnd, FIRST_START_POLICY, RESTART_POLICY, type RestartPolicy } from "./restart-policy.ts";
import { type ProcessLog, readableLine } from "./service-log.ts";

/** How one service is run and kept running. */
export interface ServiceProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Answers 200 once the service can serve. */
  readonly readyUrl: string;
  readonly log: ProcessLog;
  readonly readyTimeoutMs?: number;
  /** How often it may end once it was ready. */
  readonly policy?: RestartPolicy;
  onLine(line: string): void;
  /** A process was started, first or again. */
  onSpawn(pid: number): void;
  onRestart(end: string, delayMs: number): void;
  /** It ended too often; it stays down. */
  onGiveUp(problem: StackProblem): void;
}

const READY_POLL_MS = 50;
const READY_TIMEOUT_MS = 240_000;
const STOP_TIMEOUT_MS = 25_000;

/** A service in a process group of its own. It is restarted when it ends by itself, until its policy gives up. */
export class ServiceProcess {
  readonly name: string;
  restarts = 0;
  readonly #options: ServiceProcessOptions;
  readonly #stopping = new AbortController();
  readonly #ends: number[] = [];
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #gaveUp: StackProblem | undefined;
  #wasReady = false;

  constructor(options: ServiceProcessOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const { command, args, cwd, env, log, onLine, onSpawn } = this.#options;
    // Its stdin is our pipe: a service exits when that closes, so none survives a killed supervisor.
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    child.stdin.on("error", () => {});
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        log.add(line);
        onLine(line);
      });
    }
    if (child.pid !== undefined) onSpawn(child.pid);
    this.#ended = endOf(child).then((end) => this.#onEnd(end));
  }

  /** Resolves once the service can serve. Throws SERVICE_FAILED with its last lines, or SERVICE_NOT_READY. */
  async ready(): Promise<void> {
    const giveUpAt = Date.now() + (this.#options.readyTimeoutMs ?? READY_TIMEOUT_MS);
    while (!(await isReady(this.#options.readyUrl))) {
      if (this.#gaveUp) throw this.#gaveUp;
      if (this.#stopping.signal.aborted)
        throw this.#problem("SERVICE_STOPPED", "was stopped while it started");
      if (Date.now() > giveUpAt) throw this.#problem("SERVICE_NOT_READY", "did not become ready in time");
      await delay(READY_POLL_MS);
    }
    this.#wasReady = true;
  }

  /** Asks the service to drain; kills its group when it has not ended after `timeoutMs`. */
  async stop(timeoutMs: number = STOP_TIMEOUT_MS): Promise<void> {
    this.#stopping.abort();
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    this.#child?.kill("SIGTERM");
    const kill = setTimeout(() => killGroup(pid), timeoutMs);
    await this.#ended;
    clearTimeout(kill);
  }

  #onEnd(end: string): void {
    this.#child = undefined;
    if (this.#stopping.signal.aborted || this.#gaveUp) return;
    this.#ends.push(Date.now());
    const next = afterEnd(
      this.#ends,
      this.#wasReady ? (this.#options.policy ?? RESTART_POLICY) : FIRST_START_POLICY,
    );
    if (next === "give up") {
      this.#gaveUp = this.#problem("SERVICE_FAILED", `ended ${this.#ends.length} times, last with ${end}`);
      this.#options.onGiveUp(this.#gaveUp);
      return;
    }
    this.#options.onRestart(end, next.delayMs);
    void this.#restartAfter(next.delayMs);
  }

  async #restartAfter(delayMs: number): Promise<void> {
    await delay(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
    if (this.#stopping.signal.aborted) return;
    this.restarts++;
    this.start();
  }

  #problem(code: string, what: string): StackProblem {
    const lines = this.#options.log.lastLines().map((line) => `  | ${readableLine(this.name, line)}`);
    const advice = `Read its log: npx marketmesh logs ${this.name} (${this.#options.log.path}).`;
    return new StackProblem(code, [`${this.name} ${what}. Its last lines:`, ...lines].join("\n"), advice);
  }
}

/** How a process ended, once its last line has been read. What it had started itself ends with it. */
function endOf(child: ChildProcess): Promise<string> {
  child.once("exit", () => child.pid !== undefined && killGroup(child.pid));
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal ?? `status ${code}`));
  });
}

/** Whether the URL answers 200 within a second. */
export async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
