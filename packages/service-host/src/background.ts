import { Code, ConnectError } from "@connectrpc/connect";
import { backoffMs, faultsOf, pause } from "@marketmesh/rpc";
import type { Telemetry } from "@marketmesh/telemetry";
import { backgroundFailures } from "./metrics.ts";

type Loop = (signal: AbortSignal) => Promise<void>;

/** Runs the loops of a service from its start until it drains. */
export interface Background {
  add(name: string, loop: Loop): void;
  /** Starts what was added; what is added later starts at once. */
  start(): void;
  /** Aborts the loops' signal and waits until they have ended. */
  stop(): Promise<void>;
}

/** A loop that fails is logged and started again, ever later, at most every second; one that lasted a minute starts afresh. */
export function background(telemetry: Telemetry, random: () => number): Background {
  const { log, metrics } = telemetry;
  const faults = faultsOf(telemetry);
  const controller = new AbortController();
  const { signal } = controller;
  const waiting: (() => void)[] = [];
  const running = new Set<Promise<void>>();
  let started = false;
  const failures = metrics.counter(backgroundFailures);

  // That somebody is away is no fault of the loop, which goes on when he is back.
  function tell(failure: { readonly loop: string; readonly attempt: number; readonly cause: unknown }): void {
    const isAway = failure.cause instanceof ConnectError && failure.cause.code === Code.Unavailable;
    if (isAway) log.warn("background loop waits", failure);
    else faults.report("background", "background loop failed", failure.cause, failure);
  }

  async function keepRunning(name: string, loop: Loop): Promise<void> {
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      const startedMs = performance.now();
      try {
        await loop(signal);
        return;
      } catch (cause) {
        if (signal.aborted) return;
        tell({ loop: name, attempt, cause });
        failures.add(1, { loop: name });
      }
      if (performance.now() - startedMs > 60_000) attempt = 1;
      await pause(backoffMs(Math.min(attempt, 10), random()), signal).catch(() => {});
    }
  }

  function launch(name: string, loop: Loop): void {
    const done = keepRunning(name, loop).finally(() => running.delete(done));
    running.add(done);
  }

  return {
    add(name, loop) {
      if (started) launch(name, loop);
      else waiting.push(() => launch(name, loop));
    },
    start() {
      started = true;
      for (const each of waiting.splice(0)) each();
    },
    async stop() {
      controller.abort();
      await Promise.all(running);
    },
  };
}
