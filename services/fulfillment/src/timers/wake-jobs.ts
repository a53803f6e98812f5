import { Group } from "../jobs/group.ts";
import type { Shell } from "../shell.ts";
import { wakeRuns } from "./wake-runs.ts";

/** A run of a real market whose time has come. */
export interface DueRun {
  readonly market: string;
  readonly run: string;
}

/** Wakes a run by its job; runs whose time comes at once share a transaction. */
export function wakeJobs(shell: Shell): (due: DueRun) => Promise<void> {
  const waking = new Group<DueRun, undefined>(
    async (due) => {
      for (const [market, own] of Map.groupBy(due, (one) => one.market)) {
        await wakeMarketRuns(shell, market, [...new Set(own.map(({ run }) => run))]);
      }
      return due.map(() => undefined);
    },
    { sizeMax: 200, parallelMax: 2 },
  );
  return (due) => waking.add(due);
}

async function wakeMarketRuns(shell: Shell, market: string, runs: readonly string[]): Promise<void> {
  const startedMs = performance.now();
  await shell.database.background(
    async (tx) => {
      const clock = await shell.clocks.of(tx, market);
      if (clock.mode !== "REAL") return;
      const nowMs = shell.nowMs();
      await wakeRuns(shell, tx, { market, clock, nowMs }, runs, nowMs);
    },
    { mayRepeat: true },
  );
  shell.telemetry.stepped("timers", performance.now() - startedMs);
}
