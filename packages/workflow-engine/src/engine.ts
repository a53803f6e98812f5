import { beginStep } from "./cel/budget.ts";
import { readDocument } from "./document/read-document.ts";
import type {
  CallableMethod,
  HistoryEntry,
  ParsedWorkflow,
  RunEvent,
  RunStart,
  RunState,
  Step,
  Trigger,
  TriggeredInput,
  Workflow,
  WorkflowEvent,
} from "./model.ts";
import type { Program, TriggerNode } from "./program.ts";
import { advance, awaits } from "./run/advance-run.ts";
import { surelyHolds } from "./run/evaluate.ts";
import { interestsOf } from "./run/hearing.ts";
import { replay } from "./run/replay-run.ts";
import { envelope, scopeOf } from "./run/scope.ts";
import { start } from "./run/start-run.ts";

// A workflow shows what a shell may read of it; the program behind it is the engine's own.
const programs = new WeakMap<Workflow, Program>();

/** Reads and checks a definition: every problem is told, with its place. */
export function parseWorkflow(
  source: string,
  callable: (method: string) => CallableMethod | undefined,
): ParsedWorkflow {
  const read = readDocument(source, callable);
  if (!read.ok) return read;
  const { program } = read;
  const nodes = [...program.nodes.values()];
  const methods = nodes.flatMap((node) => (node.kind === "call" ? [node.method] : []));
  const workflow: Workflow = {
    name: program.name,
    documentVersion: program.documentVersion,
    stages: program.root.list.tasks.map(({ name }) => name),
    triggers: program.triggers.map((trigger) => triggerOf(program, trigger)),
    calledMethods: [...new Set(methods)].sort(),
    listenedTypes: [...program.filters.keys()].sort(),
    interests: (begin) => interestsOf(program, begin),
    awaits: (state, type, about) => awaits(program, state, type, about),
  };
  programs.set(workflow, program);
  return { ok: true, workflow };
}

function triggerOf(program: Program, { type, data }: TriggerNode): Trigger {
  return {
    type,
    accepts: (event, market) => {
      if (event.type !== type) return false;
      if (data === undefined) return true;
      beginStep();
      const begin: RunStart = { run: "", market, subject: event.subject, input: null, nowMs: event.timeMs };
      return surelyHolds(data, scopeOf({ program, start: begin, nowMs: event.timeMs, context: {}, event }));
    },
  };
}

/** What a run that `event` started begins with. */
export function triggeredInput(event: WorkflowEvent, market: string): TriggeredInput {
  return [envelope(event, market)];
}

/** The first step of a run. Never throws. */
export function startRun(workflow: Workflow, begin: RunStart): Step {
  return start(programOf(workflow), begin);
}

/** One more step of a run, by one event. Never throws. */
export function advanceRun(workflow: Workflow, state: RunState, event: RunEvent): Step {
  return advance(programOf(workflow), state, event);
}

/** The state after these entries; throws when an entry does not lead where it says: the definition is not the one that ran. */
export function replayRun(workflow: Workflow, entries: readonly HistoryEntry[]): RunState {
  return replay(programOf(workflow), entries);
}

function programOf(workflow: Workflow): Program {
  const program = programs.get(workflow);
  if (program === undefined) throw new Error("this workflow does not come from parseWorkflow");
  return program;
}
