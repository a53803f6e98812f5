import type { Shell } from "../shell.ts";
import { lockClockToWake, marketsToWake, saveWoken } from "../storage/clock-store.ts";
import { findDue } from "../storage/due-store.ts";
import type { Nudge } from "./nudge.ts";
import { wakeRuns } from "./wake-runs.ts";

const marketsMax = 100;
const lookEveryMs = 1_000;
// The word comes from within the transaction that saves the new time: what it says is to be seen a moment later.
const lookAgainMs = 4;

/** Wakes what is due in sandbox markets: at once when a clock was advanced, and now and then for what was set in the past. */
export async function runSandboxTimers(
  shell: Shell,
  nudge: Nudge,
  runsMax: number,
  signal: AbortSignal,
): Promise<void> {
  for (let pauseMs = lookAgainMs; !signal.aborted; ) {
    const markets = await shell.database.background((tx) => marketsToWake(tx, marketsMax), {
      readOnly: true,
    });
    let woken = false;
    let failure: unknown;
    for (const market of markets) {
      // One market that can't be woken holds up no other.
      const done = await wakeMarket(shell, market, runsMax, signal).catch((cause) => {
        failure = cause;
        return false;
      });
      woken ||= done;
    }
    if (failure !== undefined) throw failure;
    const told = !woken && (await nudge.wait(pauseMs, signal));
    pauseMs = woken || told ? lookAgainMs : Math.min(lookEveryMs, 2 * pauseMs);
  }
}

/** Wakes all that is due by the market's clock, in (time, id) order; false when another process is at it. */
async function wakeMarket(
  shell: Shell,
  market: string,
  runsMax: number,
  signal: AbortSignal,
): Promise<boolean> {
  for (let batches = 0; !signal.aborted; batches++) {
    const left = await wakeBatch(shell, market, runsMax);
    if (left !== "MORE") return left === "NONE" || batches > 0;
  }
  return true;
}

/** One transaction of it. The clock's row is locked first: one process at a time wakes a market, so the order holds. */
function wakeBatch(shell: Shell, market: string, runsMax: number): Promise<"MORE" | "NONE" | "TAKEN"> {
  const startedMs = performance.now();
  return shell.database.background(
    async (tx) => {
      const clock = await lockClockToWake(tx, market);
      if (clock?.mode !== "SANDBOX") return "TAKEN";
      const { clockMs } = clock;
      const due = await findDue(tx, market, clockMs, runsMax);
      if (due.length === 0) {
        await saveWoken(tx, market, clockMs);
        return "NONE";
      }
      const changed = await wakeRuns(shell, tx, { market, clock, nowMs: shell.nowMs() }, due, clockMs);
      if (changed === 0) throw new Error(`${due.length} runs of ${market} are due, but nothing wakes them`);
      shell.telemetry.stepped("timers", performance.now() - startedMs);
      return "MORE";
    },
    { mayRepeat: true },
  );
}
