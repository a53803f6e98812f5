/** Any JSON value: what expressions read and make, what events and calls carry. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Something that a run may listen to. */
export interface WorkflowEvent {
  /** Unique per market: a run hears it once. */
  readonly id: string;
  /** A fact's message name, a signal's or an emission's type. */
  readonly type: string;
  /** What it is about: a resource name; for the end of a run's own task the task's type; for a signal empty. */
  readonly subject: string;
  /** Market time. */
  readonly timeMs: number;
  readonly data: Json;
}

/** What happens to a run. `nowMs` is market time; one before the run's last step counts as that. */
export type RunEvent =
  | { readonly kind: "received"; readonly nowMs: number; readonly event: WorkflowEvent }
  | { readonly kind: "returned"; readonly nowMs: number; readonly effectId: string; readonly output: Json }
  | { readonly kind: "failed"; readonly nowMs: number; readonly effectId: string; readonly error: RunError }
  | { readonly kind: "woken"; readonly nowMs: number }
  | { readonly kind: "retried"; readonly nowMs: number }
  | { readonly kind: "cancelled"; readonly nowMs: number; readonly reason: string };

/** How a run begins. */
export interface RunStart {
  /** The run's resource name. */
  readonly run: string;
  /** The market's resource name. */
  readonly market: string;
  /** What it is about, as a resource name; empty for nothing. */
  readonly subject: string;
  readonly input: Json;
  readonly nowMs: number;
}

/** An error as Serverless Workflow describes it. */
export interface RunError {
  readonly type: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** The task, as a JSON pointer. */
  readonly instance: string;
}

/** What the shell has to do, in order, in the transaction of the step. */
export type Effect =
  /** Call a method and come back with `returned` or `failed`. `id` is unique in the run and the same on replay. */
  | { readonly kind: "call"; readonly id: string; readonly method: string; readonly request: JsonObject }
  /** Announce an event. */
  | { readonly kind: "emit"; readonly id: string; readonly event: WorkflowEvent };

/** Where a run is. */
export type RunStatus = "RUNNING" | "WAITING" | "FAULTED" | "COMPLETED" | "CANCELLED";

/** What a shell may read of a state; the rest is the engine's own. All of it is JSON. */
export interface RunState {
  readonly status: RunStatus;
  /** The top-level task that it is at, or ended in. */
  readonly stage: string;
  /** Market time of the last step. */
  readonly nowMs: number;
  /** The earliest timer; absent when none runs. */
  readonly wakeMs?: number;
  readonly stepCount: number;
  readonly context: JsonObject;
  /** Present when COMPLETED. */
  readonly output?: Json;
  /** Present when FAULTED. */
  readonly fault?: RunError;
  /** The engine's: position, pending calls, mailbox, attempts. */
  readonly internal: Json;
}

/** One step as it is kept: replaying `start` and the events gives the state. */
export interface HistoryEntry {
  readonly step: number;
  /** `{ kind: "started", ... }` or the event as it was given. */
  readonly event: Json;
  /** Tasks that ended and began, as JSON pointers, in order, each with market time. */
  readonly moves: readonly {
    readonly task: string;
    readonly move: "entered" | "left";
    readonly timeMs: number;
  }[];
  readonly effects: readonly Effect[];
}

/** What comes of an event. `ignored`: it changes nothing (a duplicate, an answer that nobody waits for, an ended run). */
export type Step =
  | {
      readonly ignored: false;
      readonly state: RunState;
      readonly effects: readonly Effect[];
      readonly entry: HistoryEntry;
    }
  | { readonly ignored: true; readonly state: RunState };

/** What a run may ever hear, known at its start. */
export interface Interest {
  readonly type: string;
  /** Absent: signals, emissions and task ends of the run itself. */
  readonly subject?: string;
}

/** What is wrong with a definition. */
export interface WorkflowProblem {
  readonly reason: string;
  readonly message: string;
  /** A JSON pointer. */
  readonly path: string;
  /** From 1; 0 when unknown. */
  readonly line: number;
  readonly column: number;
}

/** The fact that starts a run: `schedule.on.one.with`. */
export interface Trigger {
  readonly type: string;
  /** Whether this event starts a run: its `data` expression, true when there is none. */
  accepts(event: WorkflowEvent, market: string): boolean;
}

/** A definition that passed every check. Immutable; safe to cache by source. */
export interface Workflow {
  readonly name: string;
  readonly documentVersion: string;
  readonly stages: readonly string[];
  readonly triggers: readonly Trigger[];
  /** `package.Service/Method`, sorted. */
  readonly calledMethods: readonly string[];
  /** Types that some `listen` of it names, sorted. */
  readonly listenedTypes: readonly string[];
  /** What a run of it may hear. */
  interests(start: RunStart): readonly Interest[];
  /** Whether a run in this state can still come to listen to a type about a subject: who knows it to be false need not tell it. */
  awaits(state: RunState, type: string, subject: string): boolean;
}

/** The input of a run that an event starts: the spec has a list of one event, with its data under `data`. */
export type TriggeredInput = readonly [JsonObject];

/** What the engine must know of a method to let a definition call it. */
export interface CallableMethod {
  /** `package.Service/Method`. */
  readonly method: string;
  /** Problems of a literal request, such as a field that does not exist, with JSON pointers into it. Expressions stand as undefined. */
  check(request: unknown): readonly { readonly path: string; readonly message: string }[];
}

export type ParsedWorkflow =
  | { readonly ok: true; readonly workflow: Workflow }
  | { readonly ok: false; readonly problems: readonly WorkflowProblem[] };

/** The engine's surface, as `index.ts` exports it. */
export interface Engine {
  parseWorkflow(source: string, callable: (method: string) => CallableMethod | undefined): ParsedWorkflow;
  /** What a run that `event` started begins with: `[{ id, source, specversion, type, subject, time, data }]`. */
  triggeredInput(event: WorkflowEvent, market: string): TriggeredInput;
  startRun(workflow: Workflow, start: RunStart): Step;
  advanceRun(workflow: Workflow, state: RunState, event: RunEvent): Step;
  /** The state after these entries; throws when an entry does not lead where it says: the definition is not the one that ran. */
  replayRun(workflow: Workflow, entries: readonly HistoryEntry[]): RunState;
}
