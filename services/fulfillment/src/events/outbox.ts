import type { JsonObject } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  EventEmittedSchema,
  RunCancelledSchema,
  RunCompletedSchema,
  RunFaultedSchema,
  RunRetriedSchema,
  RunStageEnteredSchema,
  RunStartedSchema,
  TaskCancelledSchema,
  TaskClaimedSchema,
  TaskCompletedSchema,
  TaskCreatedSchema,
  TaskExpiredSchema,
} from "@marketmesh/contracts/fulfillment/v1";
import { type Announcement, fact } from "@marketmesh/events";
import type { Json, WorkflowEvent } from "@marketmesh/workflow-engine";
import type { Run } from "../domain/run.ts";
import type { Task, TaskState } from "../domain/task.ts";
import { nameOf } from "../rpc/names.ts";
import { toRunFact } from "../rpc/run-message.ts";
import { toTaskFact } from "../rpc/task-message.ts";
import type { RunFact } from "../steps/moving-run.ts";

/** What a transaction's steps say of a run, one version each; the last one is the run's. */
export function runFacts(market: string, run: Run, facts: readonly RunFact[]): Announcement[] {
  return facts.map((what, at) => {
    const version = run.version - facts.length + 1 + at;
    const packed = packRun(what, toRunFact(market, { ...run, version }), run.outcome);
    return { market, feed: "run", aggregateId: run.id, version: BigInt(version), fact: packed };
  });
}

function packRun(what: RunFact, run: ReturnType<typeof toRunFact>, outcome: string): Announcement["fact"] {
  switch (what) {
    case "STARTED":
      return fact(RunStartedSchema, { run });
    case "RETRIED":
      return fact(RunRetriedSchema, { run });
    case "STAGE_ENTERED":
      return fact(RunStageEnteredSchema, { run });
    case "COMPLETED":
      return fact(RunCompletedSchema, { run, outcome });
    case "FAULTED":
      return fact(RunFaultedSchema, { run });
    case "CANCELLED":
      return fact(RunCancelledSchema, { run });
  }
}

/** The state of a task says which fact it is; version 1 is its creation. */
export function taskFact(market: string, task: Task, isNew = false): Announcement {
  const packed = isNew ? fact(TaskCreatedSchema, { task: toTaskFact(market, task) }) : packTask(market, task);
  const version = BigInt(isNew ? 1 : task.version);
  return { market, feed: "task", aggregateId: task.id, version, fact: packed };
}

function packTask(market: string, task: Task): Announcement["fact"] {
  const body = { task: toTaskFact(market, task) };
  const packed = {
    OPEN: () => fact(TaskClaimedSchema, body),
    CLAIMED: () => fact(TaskClaimedSchema, body),
    COMPLETED: () => fact(TaskCompletedSchema, body),
    EXPIRED: () => fact(TaskExpiredSchema, body),
    CANCELLED: () => fact(TaskCancelledSchema, body),
  } satisfies Record<TaskState, unknown>;
  return packed[task.state]();
}

export function emissionFact(market: string, run: Run, event: WorkflowEvent): Announcement {
  const packed = fact(EventEmittedSchema, {
    event: event.id,
    type: event.type,
    subject: event.subject || run.subject,
    run: nameOf(market, "runs", run.id),
    data: structOf(event.data),
    emitTime: timestampFromMs(event.timeMs),
  });
  return { market, feed: "emission", aggregateId: event.id, version: 1n, fact: packed };
}

function structOf(data: Json): JsonObject {
  const isObject = data !== null && typeof data === "object" && !Array.isArray(data);
  return (isObject ? data : { value: data }) as JsonObject;
}
