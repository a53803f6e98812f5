import type { ServiceImpl } from "@connectrpc/connect";
import {
  FulfillmentService,
  Workflow_State,
  WorkflowCreatedSchema,
  WorkflowRetiredSchema,
  WorkflowUpdatedSchema,
} from "@marketmesh/contracts/fulfillment/v1";
import { announce, fact } from "@marketmesh/events";
import type { Tx } from "@marketmesh/postgres";
import { idsOf, listById, staleEtag } from "@marketmesh/rpc";
import { mutate, read } from "@marketmesh/service-host/calls";
import type { StoredWorkflow } from "../domain/workflow.ts";
import type { Shell } from "../shell.ts";
import {
  insertWorkflow,
  listWorkflows,
  lockWorkflow,
  readWorkflow,
  saveWorkflow,
} from "../storage/workflow-store.ts";
import { checkSource, refuseUnpermitted, validSource } from "./check-source.ts";
import { isFresh } from "./etag.ts";
import { nameOf, patterns } from "./names.ts";
import { found, refuse } from "./problem.ts";
import { toWorkflowFact, toWorkflowMessage } from "./workflow-message.ts";

const methods = FulfillmentService.method;
type Methods = Pick<
  ServiceImpl<typeof FulfillmentService>,
  | "createWorkflow"
  | "validateWorkflow"
  | "getWorkflow"
  | "listWorkflows"
  | "updateWorkflow"
  | "retireWorkflow"
>;

export function workflows(shell: Pick<Shell, "database">): Methods {
  return {
    createWorkflow: (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const { id, content } = validSource(request.workflow?.source ?? "");
      return mutate(
        shell,
        context,
        { method: methods.createWorkflow, market, request },
        async (tx, caller) => {
          refuseUnpermitted(caller, content.calledMethods);
          const workflow = nameOf(market, "workflows", id);
          if (!(await insertWorkflow(tx, market, id, content))) {
            throw refuse("WORKFLOW_ALREADY_EXISTS", `${workflow} exists already`, { workflow });
          }
          return { workflow: await announced(tx, market, id, WorkflowCreatedSchema) };
        },
      );
    },

    validateWorkflow: (request) => {
      idsOf(patterns.market, request.parent, "parent");
      const checked = checkSource(request.source);
      if (!checked.ok) return { problems: checked.problems.slice(0, 100).map((problem) => ({ ...problem })) };
      const { triggerTypes, calledMethods, stages } = checked.content;
      const workflow = {
        name: `${request.parent}/workflows/${checked.id}`,
        state: Workflow_State.ACTIVE,
        triggerTypes: [...triggerTypes],
        calledMethods: [...calledMethods],
        stages: [...stages],
      };
      return { workflow };
    },

    getWorkflow: (request, context) => {
      const { market, workflow: id } = idsOf(patterns.workflow, request.name);
      return read(shell, context, market, async (tx, caller) => {
        const stored = await readWorkflow(tx, market, id, versionOf(request.version));
        return {
          workflow: toWorkflowMessage(market, found(stored, caller, "WORKFLOW_NOT_FOUND", request.name)),
        };
      });
    },

    listWorkflows: async (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const { rows, nextPageToken } = await read(shell, context, market, (tx) =>
        listById(request, ["workflows", market], (after, limit) => listWorkflows(tx, market, after, limit)),
      );
      return { workflows: rows.map((row) => toWorkflowFact(market, row)), nextPageToken };
    },

    updateWorkflow: (request, context) => {
      const name = request.workflow?.name ?? "";
      const { market, workflow: id } = idsOf(patterns.workflow, name, "workflow.name");
      const { content } = validSource(request.workflow?.source ?? "", id);
      return mutate(
        shell,
        context,
        { method: methods.updateWorkflow, market, request },
        async (tx, caller) => {
          refuseUnpermitted(caller, content.calledMethods);
          const before = found(await lockWorkflow(tx, market, id), caller, "WORKFLOW_NOT_FOUND", name);
          if (!isFresh(request.workflow?.etag ?? "", before.version)) throw staleEtag(name);
          if (isSame(before, content.source)) return { workflow: toWorkflowMessage(market, before) };
          await saveWorkflow(tx, market, id, "ACTIVE", content);
          return { workflow: await announced(tx, market, id, WorkflowUpdatedSchema) };
        },
      );
    },

    retireWorkflow: (request, context) => {
      const { market, workflow: id } = idsOf(patterns.workflow, request.name);
      return mutate(
        shell,
        context,
        { method: methods.retireWorkflow, market, request },
        async (tx, caller) => {
          const before = found(
            await lockWorkflow(tx, market, id),
            caller,
            "WORKFLOW_NOT_FOUND",
            request.name,
          );
          if (!isFresh(request.etag, before.version)) throw staleEtag(request.name);
          if (before.state === "RETIRED") return { workflow: toWorkflowMessage(market, before) };
          await saveWorkflow(tx, market, id, "RETIRED");
          return { workflow: await announced(tx, market, id, WorkflowRetiredSchema) };
        },
      );
    },
  };
}

type Announced = typeof WorkflowCreatedSchema | typeof WorkflowUpdatedSchema | typeof WorkflowRetiredSchema;

async function announced(tx: Tx, market: string, id: string, schema: Announced) {
  const workflow = (await readWorkflow(tx, market, id))!;
  const packed = fact(schema, { workflow: toWorkflowFact(market, workflow) });
  const version = BigInt(workflow.version);
  await announce(tx, [{ market, feed: "workflow", aggregateId: id, version, fact: packed }]);
  return toWorkflowMessage(market, workflow);
}

function isSame(before: StoredWorkflow, source: string): boolean {
  return before.state === "ACTIVE" && before.source === source;
}

// A version beyond what numbers hold exactly is one that nothing has.
function versionOf(version: bigint): number {
  return version > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(version);
}
