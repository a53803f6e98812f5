import type { Json, RunEvent, RunStart, RunState, Step } from "../model.ts";
import type { Internal } from "./internal.ts";
import type { Machine } from "./machine.ts";
import { nextTimer } from "./timers.ts";

/** What the machine came to, as a step. */
export function stepOf(
  machine: Machine,
  before: { readonly step: number; readonly seen: readonly string[] },
  event: RunEvent | ({ readonly kind: "started" } & RunStart),
): Step {
  const { status, effects, moves } = machine;
  const step = before.step + 1;
  const wakeMs = status === "WAITING" || status === "RUNNING" ? nextTimer(machine)?.timeMs : undefined;
  const state: RunState = {
    status,
    stage: machine.stage,
    nowMs: machine.nowMs,
    ...(wakeMs === undefined ? {} : { wakeMs }),
    stepCount: step,
    context: machine.context,
    ...(machine.output === undefined ? {} : { output: machine.output }),
    ...(machine.fault === undefined ? {} : { fault: machine.fault }),
    internal: internalOf(machine, before.seen),
  };
  return { ignored: false, state, effects, entry: { step, event: event as unknown as Json, moves, effects } };
}

function internalOf(machine: Machine, seen: readonly string[]): Json {
  if (machine.status === "COMPLETED" || machine.status === "CANCELLED") return {};
  const { start, frames, mailbox, effectCounts, faultedMs } = machine;
  const internal: Internal = {
    start,
    frames,
    mailbox,
    seen,
    effects: effectCounts,
    ...(faultedMs === undefined ? {} : { faultedMs }),
  };
  return internal as unknown as Json;
}
