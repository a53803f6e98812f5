import { beginStep } from "../cel/budget.ts";
import type { RunStart, Step } from "../model.ts";
import type { Program } from "../program.ts";
import { Machine } from "./machine.ts";
import { stepOf } from "./step.ts";
import { settle } from "./timers.ts";

/** The first step of a run. It never throws: what goes wrong is a fault of the run. */
export function start(program: Program, { run, market, subject, input, nowMs }: RunStart): Step {
  beginStep();
  const begin: RunStart = { run, market, subject, input, nowMs };
  const internal = { start: begin, frames: [], mailbox: [], seen: [], effects: {} };
  const machine = new Machine(program, internal, nowMs, program.root.list.tasks[0]!.name, {});
  machine.begin();
  settle(machine, nowMs);
  return stepOf(machine, { step: 0, seen: [] }, { kind: "started", ...begin });
}
