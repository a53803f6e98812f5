import type { Json } from "@marketmesh/workflow-engine";

export type TaskState = "OPEN" | "CLAIMED" | "COMPLETED" | "EXPIRED" | "CANCELLED";

/** One thing that a person must do. Times are the market's. */
export interface Task {
  readonly id: string;
  readonly run: string;
  readonly type: string;
  /** The party's id; empty: the market's staff. */
  readonly party: string;
  readonly subject: string;
  readonly data: JsonData | undefined;
  readonly result: JsonData | undefined;
  readonly state: TaskState;
  /** A principal; empty: nobody. */
  readonly claimant: string;
  readonly dueMs: number | undefined;
  readonly version: number;
  readonly createMs: number;
  readonly endMs: number | undefined;
}

export type JsonData = { readonly [key: string]: Json };

/** Who wants something of a task. */
export interface Actor {
  readonly principal: string;
  /** Staff of the market may complete or release what somebody else claimed. */
  readonly isStaff: boolean;
}

export type TaskProblem = "TASK_ENDED" | "TASK_CLAIMED";

export type TaskDecision =
  | { readonly kind: "changed"; readonly task: Task }
  | { readonly kind: "unchanged"; readonly task: Task }
  | { readonly kind: "refused"; readonly reason: TaskProblem };

export function isOpen(task: Task): boolean {
  return task.state === "OPEN" || task.state === "CLAIMED";
}

/** Takes a task on. Claiming one's own changes nothing. */
export function claim(task: Task, actor: Actor): TaskDecision {
  if (!isOpen(task)) return refused("TASK_ENDED");
  if (task.state === "OPEN") return changed({ ...task, state: "CLAIMED", claimant: actor.principal });
  return task.claimant === actor.principal ? unchanged(task) : refused("TASK_CLAIMED");
}

/** Gives a claimed task back. Releasing an open one changes nothing. */
export function release(task: Task, actor: Actor): TaskDecision {
  if (!isOpen(task)) return refused("TASK_ENDED");
  if (task.state === "OPEN") return unchanged(task);
  if (task.claimant !== actor.principal && !actor.isStaff) return refused("TASK_CLAIMED");
  return changed({ ...task, state: "OPEN", claimant: "" });
}

/** Ends a task with a result. The same result again changes nothing. */
export function complete(
  task: Task,
  actor: Actor,
  result: JsonData | undefined,
  nowMs: number,
): TaskDecision {
  if (task.state === "COMPLETED" && same(task.result, result)) return unchanged(task);
  if (!isOpen(task)) return refused("TASK_ENDED");
  if (task.state === "CLAIMED" && task.claimant !== actor.principal && !actor.isStaff) {
    return refused("TASK_CLAIMED");
  }
  if (task.dueMs !== undefined && nowMs > task.dueMs) return refused("TASK_ENDED");
  return changed({
    ...task,
    state: "COMPLETED",
    result: result ?? {},
    endMs: Math.max(nowMs, task.createMs),
  });
}

/** Ends a task whose time ran out, or that its run does not need any more. */
export function end(task: Task, state: "EXPIRED" | "CANCELLED", nowMs: number): Task {
  return { ...task, state, endMs: Math.max(nowMs, task.createMs), version: task.version + 1 };
}

function changed(task: Task): TaskDecision {
  return { kind: "changed", task: { ...task, version: task.version + 1 } };
}

function unchanged(task: Task): TaskDecision {
  return { kind: "unchanged", task };
}

function refused(reason: TaskProblem): TaskDecision {
  return { kind: "refused", reason };
}

function same(one: JsonData | undefined, other: JsonData | undefined): boolean {
  return JSON.stringify(sorted(one ?? {})) === JSON.stringify(sorted(other ?? {}));
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const object = value as JsonData;
  return Object.fromEntries(
    Object.keys(object)
      .sort()
      .map((key) => [key, sorted(object[key]!)]),
  );
}
