import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { Tx } from "@marketmesh/postgres";
import type { Caller } from "@marketmesh/rpc";
import { activeTraceparent } from "@marketmesh/telemetry";
import type { RunEvent } from "@marketmesh/workflow-engine";
import type { Shell } from "../shell.ts";
import type { MovingRun } from "../steps/moving-run.ts";
import { RunSteps } from "../steps/run-steps.ts";
import { readRun } from "../storage/run-store.ts";
import { callMs } from "./market-time.ts";
import { nameOf } from "./names.ts";
import { found, notFound } from "./problem.ts";
import { toRunMessage } from "./run-message.ts";

/** A run that a call is about, locked, and the market's time of the call. */
export interface LockedRun {
  readonly steps: RunSteps;
  readonly moving: MovingRun;
  readonly nowMs: number;
}

/** Locks the run of a call. */
export async function lockRun(
  shell: Shell,
  tx: Tx,
  caller: Caller,
  {
    market,
    run,
    time,
  }: { readonly market: string; readonly run: string; readonly time: Timestamp | undefined },
): Promise<LockedRun> {
  const name = nameOf(market, "runs", run);
  const clock = await shell.clocks.of(tx, market);
  const nowMs = callMs(clock, time, shell.nowMs());
  const steps = await RunSteps.open(tx, shell, { market, clock, nowMs: shell.nowMs() }, [run]);
  const moving = found(steps.get(run), caller, "RUN_NOT_FOUND", name);
  return { steps, moving, nowMs };
}

/** Lets something happen to a locked run and answers with the run as it stands. */
export async function moveRun(tx: Tx, market: string, locked: LockedRun, event: RunEvent) {
  const { steps, moving } = locked;
  steps.apply(moving, event, activeTraceparent());
  await steps.save();
  return runAsItStands(tx, market, moving.run.id);
}

export async function runAsItStands(tx: Tx, market: string, id: string) {
  const full = await readRun(tx, market, id);
  if (!full) throw notFound("RUN_NOT_FOUND", nameOf(market, "runs", id));
  return toRunMessage(market, full.run, full.state, full.input);
}
