import type { Json, RunError, RunStart, RunState, WorkflowEvent } from "../model.ts";

/** A task that was entered and not left. The innermost is last; the first is the workflow itself. Keys are short: it is stored often. */
export interface Frame {
  /** The task's pointer. */
  readonly p: string;
  /** When it was entered. */
  readonly at: number;
  /** Its input as it came, where `input.from` makes another. */
  raw?: Json;
  /** Its input. */
  in: Json;
  /** When it times out. */
  due?: number;
  /** Its `if` has not let it begin yet. */
  idle?: true;
  /** The effect whose answer it waits for. */
  call?: string;
  /** When its wait, or the pause before its retry, is over. */
  until?: number;
  /** `listen`: what it heard, with the place of the filter that let it through. */
  got?: readonly { readonly filter: number; readonly event: WorkflowEvent }[];
  /** `try`: what it is at. Absent: its tasks. */
  phase?: "pause" | "catch";
  /** `try`: retries so far. */
  retries?: number;
  /** `try`: when this attempt times out. */
  attemptDue?: number;
  /** `try`: what was caught. */
  error?: RunError;
  /** The workflow: its output before `output.as`, once its tasks are done. */
  out?: Json;
}

/** What a state holds for the engine alone. */
export interface Internal {
  readonly start: RunStart;
  readonly frames: readonly Frame[];
  /** Events that came before somebody listened, oldest first. */
  readonly mailbox: readonly WorkflowEvent[];
  /** Ids of events that came, oldest first. */
  readonly seen: readonly string[];
  /** Effects so far, by task. */
  readonly effects: { readonly [pointer: string]: number };
  /** When it faulted. */
  readonly faultedMs?: number;
}

/** The internals of a run that has not ended. */
export function internalOf(state: RunState): Internal {
  return state.internal as unknown as Internal;
}

export function hasEnded(state: RunState): boolean {
  return state.status === "COMPLETED" || state.status === "CANCELLED";
}
