import type { RunError } from "../model.ts";
import type { Node } from "../program.ts";
import { standardError } from "./fault.ts";
import type { Machine } from "./machine.ts";

/** Fires what is due by `nowMs`, the earliest first, each at its own time, and says how the run stands then. */
export function settle(machine: Machine, nowMs: number): void {
  fireDue(machine, nowMs);
  machine.nowMs = Math.max(machine.nowMs, nowMs);
  if (!isOver(machine)) machine.status = machine.top.call === undefined ? "WAITING" : "RUNNING";
}

export function fireDue(machine: Machine, nowMs: number): void {
  while (!isOver(machine)) {
    const timer = nextTimer(machine);
    if (timer === undefined || timer.timeMs > nowMs) return;
    fire(machine, timer.at, timer.timeMs);
  }
}

/** The earliest moment at which a timer does something; the outermost of several. */
export function nextTimer({ frames }: Machine): { readonly at: number; readonly timeMs: number } | undefined {
  let found: { at: number; timeMs: number } | undefined;
  for (const [at, { due, until, attemptDue }] of frames.entries()) {
    const timeMs = Math.min(due ?? Infinity, until ?? Infinity, attemptDue ?? Infinity);
    if (timeMs < (found?.timeMs ?? Infinity)) found = { at, timeMs };
  }
  return found;
}

/** Fires the timer of a frame: its timeout before its attempt's, and that before its wait. */
function fire(machine: Machine, at: number, timeMs: number): void {
  machine.nowMs = Math.max(machine.nowMs, timeMs);
  machine.tasksSinceWait = 0;
  const frame = machine.frames[at]!;
  const node = machine.nodeOf(frame);
  if (frame.due !== undefined && frame.due <= timeMs) {
    // The workflow's own timeout leaves its tasks where they are: a retry goes on there.
    if (at > 0) machine.cut(at + 1);
    delete frame.due;
    machine.run(() => ({ do: "raise", error: timeoutOf(node), below: at }));
  } else if (frame.attemptDue !== undefined && frame.attemptDue <= timeMs) {
    machine.cut(at + 1);
    delete frame.attemptDue;
    machine.run(() => ({ do: "raise", error: timeoutOf(node), below: at + 1 }));
  } else if (node.kind === "try") {
    machine.run(() => machine.attempt(node, frame));
  } else {
    machine.complete(frame.in);
  }
}

function isOver({ status }: Machine): boolean {
  return status === "COMPLETED" || status === "FAULTED" || status === "CANCELLED";
}

function timeoutOf(node: Node): RunError {
  return standardError("timeout", `${node.pointer || "The workflow"} took too long.`, node.pointer);
}
