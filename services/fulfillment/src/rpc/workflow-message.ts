import type { MessageInitShape } from "@bufbuild/protobuf";
import { Workflow_State, type WorkflowSchema } from "@marketmesh/contracts/fulfillment/v1";
import type { StoredWorkflow } from "../domain/workflow.ts";
import { etagOf } from "./etag.ts";
import { timestampOf } from "./market-time.ts";
import { nameOf } from "./names.ts";

export function toWorkflowMessage(market: string, workflow: StoredWorkflow) {
  return { ...toWorkflowFact(market, workflow), source: workflow.source };
}

/** As it is listed and announced: without its source. */
export function toWorkflowFact(
  market: string,
  workflow: StoredWorkflow,
): MessageInitShape<typeof WorkflowSchema> {
  return {
    name: nameOf(market, "workflows", workflow.id),
    state: Workflow_State[workflow.state],
    triggerTypes: [...workflow.triggerTypes],
    calledMethods: [...workflow.calledMethods],
    stages: [...workflow.stages],
    version: BigInt(workflow.version),
    etag: etagOf(workflow.version),
    createTime: timestampOf(workflow.createMs),
    updateTime: timestampOf(workflow.updateMs),
  };
}
