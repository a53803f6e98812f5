import { create, toJson } from "@bufbuild/protobuf";
import { TaskCompletedSchema, TaskExpiredSchema } from "@marketmesh/contracts/fulfillment/v1";
import type { Json, WorkflowEvent } from "@marketmesh/workflow-engine";
import { answerJson } from "../calls/json.ts";
import type { Task } from "../domain/task.ts";
import { toTaskMessage } from "../rpc/task-message.ts";

const schemas = { TaskCompleted: TaskCompletedSchema, TaskExpired: TaskExpiredSchema } as const;

/** The end of a task as its own run hears it: with what came out of it, which nobody else is told. */
export function taskEvent(market: string, what: keyof typeof schemas, task: Task): WorkflowEvent {
  const schema = schemas[what];
  const message = create(schema, { task: toTaskMessage(market, task) });
  return {
    id: `markets/${market}/tasks/${task.id}@${task.version}`,
    type: schema.typeName,
    subject: task.type,
    timeMs: task.endMs ?? task.createMs,
    data: toJson(schema, message, answerJson) as Json,
  };
}
