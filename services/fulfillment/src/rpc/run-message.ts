import { create, type MessageInitShape, type JsonObject as ProtoJson } from "@bufbuild/protobuf";
import {
  FaultSchema,
  Run_State,
  type Run as RunMessage,
  RunSchema,
} from "@marketmesh/contracts/fulfillment/v1";
import type { Json, RunState, RunStatus } from "@marketmesh/workflow-engine";
import type { Run } from "../domain/run.ts";
import { timestampOf } from "./market-time.ts";
import { nameOf } from "./names.ts";

/** As it is listed and announced: without input, context and output. */
export function toRunFact(market: string, run: Run): MessageInitShape<typeof RunSchema> {
  return {
    name: nameOf(market, "runs", run.id),
    workflow: nameOf(market, "workflows", run.workflow),
    workflowVersion: BigInt(run.workflowVersion),
    subject: run.subject,
    state: Run_State[run.status],
    stage: run.stage,
    wakeTime: timestampOf(run.wakeMs),
    stepCount: BigInt(run.stepCount),
    version: BigInt(run.version),
    etag: runEtag(run),
    createTime: timestampOf(run.createMs),
    updateTime: timestampOf(run.updateMs),
    endTime: timestampOf(run.endMs),
    traceparent: run.traceparent,
  };
}

export function toRunMessage(market: string, run: Run, state: RunState, input: Json): RunMessage {
  const message = create(RunSchema, toRunFact(market, run));
  message.input = structOf(input);
  message.context = structOf(state.context);
  if (state.status === "COMPLETED") message.output = structOf(state.output ?? {});
  if (state.status === "FAULTED" && state.fault) message.fault = create(FaultSchema, faultOf(state.fault));
  return message;
}

/** Each step changes a run, whether or not there is a fact about it. */
export function runEtag(run: Run): string {
  return `"${run.stepCount}"`;
}

const statuses = ["RUNNING", "WAITING", "FAULTED", "COMPLETED", "CANCELLED"] as const satisfies RunStatus[];

/** Undefined stands for no filter. */
export function fromRunState(state: Run_State): RunStatus | undefined {
  return statuses.find((status) => Run_State[status] === state);
}

const detailCharsMax = 2_000;

function faultOf({ detail, ...rest }: NonNullable<RunState["fault"]>) {
  return { ...rest, detail: detail.slice(0, detailCharsMax) };
}

// A Struct is an object; what is not one stands under `value`.
function structOf(json: Json): ProtoJson {
  const isObject = json !== null && typeof json === "object" && !Array.isArray(json);
  return (isObject ? json : { value: json }) as ProtoJson;
}
