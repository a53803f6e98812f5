import { beginStep } from "../cel/budget.ts";
import { EvaluationError } from "../cel/value.ts";
import { sizeOf } from "../json.ts";
import { mailboxEventsMax, mailboxSizeMax, seenEventsMax } from "../limits.ts";
import type { Interest, RunStart, WorkflowEvent } from "../model.ts";
import type { EventFilter, Program } from "../program.ts";
import { fill, surelyHolds } from "./evaluate.ts";
import { type RunScope, scopeOf } from "./scope.ts";

/** Ends of tasks reach the run that made the task, and no other. */
const ownTypes = /^marketmesh\.fulfillment\.v1\.Task[A-Z]/;

/**
 * The subject that an event must have for a filter. Undefined: any, of the run's own events. A fact's is the run's subject
 * unless the filter names another.
 */
export function subjectOf(filter: EventFilter, program: Program, start: RunStart): string | undefined {
  if (filter.subject === undefined) {
    return filter.type.includes(".") && !ownTypes.test(filter.type) ? start.subject : undefined;
  }
  const subject = fill(filter.subject, scopeOf({ program, start, nowMs: start.nowMs, context: {} }));
  if (typeof subject !== "string") throw new EvaluationError("an event's subject is a text");
  return subject;
}

/** What a run may ever hear. A filter whose subject can't be evaluated is left out: the run will fault at it. */
export function interestsOf(program: Program, start: RunStart): Interest[] {
  beginStep();
  const interests = new Map<string, Interest>();
  for (const filters of program.filters.values()) {
    for (const filter of filters) {
      const subject = knownSubject(filter, program, start);
      if (subject === false) continue;
      const own = subject === undefined || ownTypes.test(filter.type);
      const interest: Interest = own ? { type: filter.type } : { type: filter.type, subject };
      interests.set(JSON.stringify([interest.type, interest.subject]), interest);
    }
  }
  return [...interests.values()];
}

function knownSubject(filter: EventFilter, program: Program, start: RunStart): string | undefined | false {
  try {
    return subjectOf(filter, program, start);
  } catch (error) {
    if (error instanceof EvaluationError || error instanceof RangeError) return false;
    throw error;
  }
}

/** Whether some `listen` of the definition could ever take the event; its data is not looked at. */
export function mayHear(program: Program, start: RunStart, event: WorkflowEvent): boolean {
  return (program.filters.get(event.type) ?? []).some((filter) => {
    const subject = knownSubject(filter, program, start);
    return subject !== false && (subject === undefined || subject === event.subject);
  });
}

/** Whether a filter lets an event through, now. */
export function lets(filter: EventFilter, event: WorkflowEvent, run: RunScope): boolean {
  if (filter.type !== event.type) return false;
  const subject = subjectOf(filter, run.program, run.start);
  if (subject !== undefined && subject !== event.subject) return false;
  return filter.data === undefined || surelyHolds(filter.data, scopeOf({ ...run, event }));
}

/**
 * The mailbox with one more event. When it is full, the oldest whose type nobody can listen to any more makes room, or the
 * oldest of all.
 */
export function put(
  mailbox: readonly WorkflowEvent[],
  event: WorkflowEvent,
  ahead: (type: string) => boolean,
): readonly WorkflowEvent[] {
  let kept = [...mailbox, event];
  while (kept.length > mailboxEventsMax || (kept.length > 8 && tooLarge(kept))) {
    const gone = kept.findIndex(({ type }) => !ahead(type));
    kept = kept.toSpliced(Math.max(gone, 0), 1);
  }
  return kept;
}

function tooLarge(mailbox: readonly WorkflowEvent[]): boolean {
  let size = 0;
  for (const { data } of mailbox) size += sizeOf(data, mailboxSizeMax) + 200;
  return size > mailboxSizeMax;
}

/** The ids that a run remembers, with one more. */
export function remember(seen: readonly string[], id: string): readonly string[] {
  return [...seen.slice(-(seenEventsMax - 1)), id];
}
