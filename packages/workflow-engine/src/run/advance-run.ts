import { beginStep } from "../cel/budget.ts";
import { hasAhead } from "../document/ahead.ts";
import type { RunEvent, RunState, Step } from "../model.ts";
import type { Program } from "../program.ts";
import { mayHear, put, remember } from "./hearing.ts";
import { hasEnded, type Internal, internalOf } from "./internal.ts";
import { Machine } from "./machine.ts";
import { stepOf } from "./step.ts";
import { fireDue, settle } from "./timers.ts";

/** One step of a run. It never throws: what goes wrong is a fault of the run. */
export function advance(program: Program, state: RunState, event: RunEvent): Step {
  const ignored: Step = { ignored: true, state };
  if (hasEnded(state)) return ignored;
  beginStep();
  const internal = internalOf(state);
  if (!matters(program, state, internal, event)) return ignored;
  const machine = new Machine(program, internal, state.nowMs, state.stage, state.context);
  const nowMs = Math.max(state.nowMs, event.nowMs);
  const faulted = state.status === "FAULTED";
  if (faulted) {
    machine.status = "FAULTED";
    machine.fault = state.fault;
  }
  fireDue(machine, nowMs);
  machine.nowMs = nowMs;
  apply(machine, event);
  settle(machine, nowMs);
  const seen = event.kind === "received" ? remember(internal.seen, event.event.id) : internal.seen;
  return stepOf(machine, { step: state.stepCount, seen }, event);
}

/** Whether an event changes anything: late answers, duplicates and what nobody can hear do not. */
function matters(program: Program, state: RunState, internal: Internal, event: RunEvent): boolean {
  const faulted = state.status === "FAULTED";
  switch (event.kind) {
    case "received":
      return (
        !internal.seen.includes(event.event.id) &&
        mayHear(program, internal.start, event.event) &&
        isAhead(program, internal, event.event.type)
      );
    case "returned":
    case "failed":
      return !faulted && internal.frames.at(-1)?.call === event.effectId;
    case "woken":
      return !faulted && state.wakeMs !== undefined && state.wakeMs <= event.nowMs;
    case "retried":
      return faulted;
    case "cancelled":
      return true;
  }
}

/** Whether a run in this state can still come to listen to a type about a subject, as far as its definition tells. */
export function awaits(program: Program, state: RunState, type: string, subject: string): boolean {
  if (hasEnded(state)) return false;
  return internalOf(state).frames.some(({ p }) => {
    const node = program.nodes.get(p);
    return node !== undefined && node.kind !== "root" && hasAhead(node, type, subject);
  });
}

/** Whether the run can still come to listen to a type. */
function isAhead(program: Program, { frames }: Pick<Internal, "frames">, type: string): boolean {
  return frames.some(({ p }) => {
    const node = program.nodes.get(p);
    return node !== undefined && node.kind !== "root" && node.ahead.has(type);
  });
}

function apply(machine: Machine, event: RunEvent): void {
  switch (event.kind) {
    case "received": {
      if (machine.status === "COMPLETED") return;
      machine.mailbox = put(machine.mailbox, event.event, (type) => isAhead(machine.program, machine, type));
      if (machine.status !== "FAULTED") machine.listen();
      return;
    }
    case "returned":
      if (isPending(machine, event.effectId)) machine.complete(event.output);
      return;
    case "failed":
      if (isPending(machine, event.effectId)) machine.raise({ ...event.error, instance: machine.top.p });
      return;
    case "retried":
      machine.status = "RUNNING";
      machine.fault = undefined;
      machine.retry();
      return;
    case "cancelled":
      // A timer that was due before may have brought it to its end.
      if (machine.status === "COMPLETED") return;
      machine.status = "CANCELLED";
      machine.fault = undefined;
      return;
    case "woken":
      return;
  }
}

/** A timer that was due before the answer may have taken the call away. */
function isPending(machine: Machine, effectId: string): boolean {
  return machine.status === "RUNNING" && machine.top.call === effectId;
}
