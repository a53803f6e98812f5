import type { TaskList, TaskNode } from "../program.ts";

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

function own(task: TaskNode, types: Set<string>): void {
  const inner = (list: TaskList | undefined) => {
    for (const child of list?.tasks ?? []) own(child, types);
  };
  if (task.kind === "listen") for (const filter of task.filters) types.add(filter.type);
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
