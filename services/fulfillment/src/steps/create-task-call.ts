import { create, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type CreateTaskRequest,
  CreateTaskRequestSchema,
  CreateTaskResponseSchema,
  FulfillmentService,
} from "@marketmesh/contracts/fulfillment/v1";
import { problem } from "@marketmesh/rpc";
import type { Effect, Json, JsonObject, RunEvent } from "@marketmesh/workflow-engine";
import { answerJson } from "../calls/json.ts";
import { refusedCall } from "../calls/run-error.ts";
import { taskIdOf } from "../domain/run-id.ts";
import { parseTask, toTaskMessage } from "../rpc/task-message.ts";
import type { MovingRun } from "./moving-run.ts";

type Call = Extract<Effect, { readonly kind: "call" }>;

const method = `${FulfillmentService.typeName}/${FulfillmentService.method.createTask.name}`;

/** Whether a call is carried out in the step's own transaction. */
export function isCarriedOutHere(called: string): boolean {
  return called === method;
}

/** Makes the task that a run's step asks for, and answers as CreateTask does. */
export function carryOutHere(market: string, moving: MovingRun, call: Call): RunEvent {
  const { nowMs } = moving.state;
  try {
    return { kind: "returned", nowMs, effectId: call.id, output: createTask(market, moving, call) };
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    return { kind: "failed", nowMs, effectId: call.id, error: refusedCall(method, error) };
  }
}

function createTask(market: string, moving: MovingRun, call: Call): Json {
  const request = requestOf(market, moving, call.request);
  const own = { id: taskIdOf(market, moving.run.id, call.id), run: moving.run, nowMs: moving.state.nowMs };
  const task = parseTask(market, request.task, own);
  if (moving.openTask(task.type)) {
    throw problem(Code.AlreadyExists, "TASK_ALREADY_EXISTS", "the run has an open task of the type");
  }
  moving.putTask(task);
  const response = create(CreateTaskResponseSchema, { task: toTaskMessage(market, task) });
  return toJson(CreateTaskResponseSchema, response, answerJson) as Json;
}

/** The request with what goes without saying: the market, and the run itself. */
function requestOf(market: string, moving: MovingRun, given: JsonObject): CreateTaskRequest {
  const task = (given.task ?? {}) as JsonObject;
  const run = `markets/${market}/runs/${moving.run.id}`;
  const full = {
    ...given,
    parent: given.parent ?? `markets/${market}`,
    task: { ...task, run: task.run ?? run },
  };
  let request: CreateTaskRequest;
  try {
    request = fromJson(CreateTaskRequestSchema, full as JsonValue);
  } catch {
    throw problem(Code.InvalidArgument, "VALIDATION_FAILED", "the request does not fit CreateTask");
  }
  const isOwn = request.parent === `markets/${market}` && request.task?.run === run;
  if (!isOwn)
    throw problem(Code.InvalidArgument, "VALIDATION_FAILED", "a workflow makes tasks of its own run");
  return request;
}
