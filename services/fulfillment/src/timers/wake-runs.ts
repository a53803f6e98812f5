import type { Tx } from "@marketmesh/postgres";
import type { MarketClock } from "../domain/clock.ts";
import type { Shell } from "../shell.ts";
import { RunSteps } from "../steps/run-steps.ts";

/** Wakes runs with everything that is due by then, in the order given; returns how many that changed. */
export async function wakeRuns(
  shell: Shell,
  tx: Tx,
  place: { readonly market: string; readonly clock: MarketClock; readonly nowMs: number },
  runs: readonly string[],
  byMs: number,
): Promise<number> {
  const steps = await RunSteps.open(tx, shell, place, runs);
  let changed = 0;
  for (const run of runs) {
    const moving = steps.get(run);
    if (moving && steps.wake(moving, byMs)) changed++;
  }
  await steps.save();
  return changed;
}
