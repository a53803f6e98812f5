import type { MessageInitShape, JsonObject as ProtoJson } from "@bufbuild/protobuf";
import { Task_State, type Task as TaskMessage, type TaskSchema } from "@marketmesh/contracts/fulfillment/v1";
import { invalidField } from "@marketmesh/rpc";
import type { Run } from "../domain/run.ts";
import type { Task, TaskState } from "../domain/task.ts";
import { etagOf } from "./etag.ts";
import { givenData } from "./json-data.ts";
import { givenMs, timestampOf } from "./market-time.ts";
import { nameOf, partyOf, subjectOf } from "./names.ts";

const typePattern = /^[a-z][a-z0-9-]{0,62}$/;

/** A task as it begins, of a run that is locked. */
export function parseTask(
  market: string,
  given: TaskMessage | undefined,
  own: { readonly id: string; readonly run: Run; readonly nowMs: number },
): Task {
  const type = given?.type ?? "";
  if (!typePattern.test(type))
    throw invalidField("task.type", "a lower-case word with hyphens, at most 63 characters");
  return {
    id: own.id,
    run: own.run.id,
    type,
    party: partyOf(market, given?.party ?? "", "task.party") ?? "",
    subject: subjectOf(market, given?.subject ?? "", "task.subject") || own.run.subject,
    data: givenData(given?.data, "task.data"),
    result: undefined,
    state: "OPEN",
    claimant: "",
    dueMs: givenMs(given?.dueTime, "task.due_time"),
    version: 1,
    createMs: own.nowMs,
    endMs: undefined,
  };
}

export function toTaskMessage(market: string, task: Task): MessageInitShape<typeof TaskSchema> {
  return {
    ...toTaskFact(market, task),
    data: task.data as ProtoJson | undefined,
    result: task.result as ProtoJson | undefined,
  };
}

/** As it is announced: without data and result. */
export function toTaskFact(market: string, task: Task): MessageInitShape<typeof TaskSchema> {
  return {
    name: nameOf(market, "tasks", task.id),
    run: nameOf(market, "runs", task.run),
    type: task.type,
    party: nameOf(market, "parties", task.party),
    subject: task.subject,
    dueTime: timestampOf(task.dueMs),
    state: Task_State[task.state],
    claimant: task.claimant,
    version: BigInt(task.version),
    etag: etagOf(task.version),
    createTime: timestampOf(task.createMs),
    endTime: timestampOf(task.endMs),
  };
}

const states = ["OPEN", "CLAIMED", "COMPLETED", "EXPIRED", "CANCELLED"] as const satisfies TaskState[];

/** Undefined stands for no filter. */
export function fromTaskState(state: Task_State): TaskState | undefined {
  return states.find((one) => Task_State[one] === state);
}
