import type { JsonObject } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Task } from "@marketmesh/contracts/fulfillment/v1";
import { hash32, type TaskBehaviour } from "@marketmesh/markets";

/** A task that somebody will complete, when, and with what. */
export interface PlannedTask {
  readonly task: Task;
  /** Market time. */
  readonly atMs: number;
  readonly result: JsonObject;
}

const hourMs = 3_600_000;
const shares = 1_000_000;

/**
 * What becomes of a task: it depends on the seed, the task's type and what it is about
 * alone: a text that is the same in every run of a scenario. Undefined when nobody does it in time:
 * facts.yaml does not name its type, no share of the results falls on it, or whoever does it is later than it is due.
 */
export function planOf(
  behaviours: Readonly<Record<string, TaskBehaviour>>,
  seed: number,
  task: Task,
  about: string,
): PlannedTask | undefined {
  const behaviour = behaviours[task.type];
  if (behaviour === undefined) return undefined;
  const result = drawn(behaviour, hash32("task", seed, task.type, about) % shares);
  if (result === undefined) return undefined;
  const { min, max } = behaviour.withinHours;
  const spreadMs = Math.round((max - min) * hourMs);
  const extraMs = spreadMs === 0 ? 0 : hash32("task delay", seed, task.type, about) % (spreadMs + 1);
  const atMs = timestampMs(task.createTime!) + Math.round(min * hourMs) + extraMs;
  if (task.dueTime !== undefined && atMs >= timestampMs(task.dueTime)) return undefined;
  return { task, atMs, result };
}

function drawn({ results }: TaskBehaviour, draw: number): JsonObject | undefined {
  let below = 0;
  for (const { share, result } of results) {
    below += Math.round(share * shares);
    if (draw < below) return { ...result };
  }
  return undefined;
}
