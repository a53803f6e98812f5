import type { EventFilter, TaskList, TaskNode } from "../program.ts";

const anySubject = "*";

/**
 * Fills in what each task of a list, and whatever can follow it there, may still listen to: events of other types need
 * not wait for the run.
 */
export function markAhead(tasks: readonly TaskNode[]): void {
  for (const task of tasks) own(task, task.ahead as Set<string>);
  // Flow mostly goes forward, so looking from the end takes one round, and one more for each way back.
  const backward = tasks.toReversed();
  for (let changed = true; changed; ) {
    changed = false;
    for (const task of backward) changed = spread(task) || changed;
  }
}

/** The type, and the type with the subject that the filter has in the document. */
function keysOf({ type, subject }: EventFilter): readonly string[] {
  const known = subject?.kind === "literal" ? String(subject.value) : anySubject;
  return [type, `${type} ${known}`];
}

/** Whether a task, or what can follow it, may listen to a type about a subject, as far as the document tells. */
export function hasAhead({ ahead }: Pick<TaskNode, "ahead">, type: string, subject: string): boolean {
  return ahead.has(`${type} ${subject}`) || ahead.has(`${type} ${anySubject}`);
}

function own(task: TaskNode, types: Set<string>): void {
  const inner = (list: TaskList | undefined) => {
    for (const child of list?.tasks ?? []) own(child, types);
  };
  if (task.kind === "listen")
    for (const filter of task.filters) for (const key of keysOf(filter)) types.add(key);
  if (task.kind === "do" || task.kind === "try") inner(task.tasks);
  if (task.kind === "try") inner(task.catch.tasks);
}

/** Adds what those that can follow a task know; whether that was news. */
function spread(task: TaskNode): boolean {
  const types = task.ahead as Set<string>;
  const before = types.size;
  const cases = task.kind === "switch" ? task.cases.map((one) => one.next) : [];
  for (const next of [task.next, "continue", ...cases]) {
    const target = next === "continue" ? task.list.tasks[task.at + 1] : task.list.byName.get(next);
    for (const type of target?.ahead ?? []) types.add(type);
  }
  return types.size > before;
}
