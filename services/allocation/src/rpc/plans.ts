import { isDeepStrictEqual } from "node:util";
import type { ServiceImpl } from "@connectrpc/connect";
import { AllocationService, PlanCreatedSchema, PlanUpdatedSchema } from "@marketmesh/contracts/allocation/v1";
import { announce } from "@marketmesh/events";
import type { Tx } from "@marketmesh/postgres";
import { idsOf, listById, staleEtag } from "@marketmesh/rpc";
import { mutate, read } from "@marketmesh/service-host/calls";
import { firstDue } from "../domain/due-round.ts";
import type { Plan, PlanContent } from "../domain/plan.ts";
import { announcement, pack } from "../events/outbox.ts";
import type { Shell } from "../shell.ts";
import { readClock } from "../storage/clock-store.ts";
import { listPlans, lockPlan, readPlan, savePlan } from "../storage/plan-store.ts";
import { saveSchedule } from "../storage/schedule-store.ts";
import { isFresh } from "./etag.ts";
import { nameOf, patterns } from "./names.ts";
import { parsePlan, toPlanMessage } from "./plan-message.ts";
import { found, refuse } from "./problem.ts";

const methods = AllocationService.method;
type Methods = Pick<
  ServiceImpl<typeof AllocationService>,
  "createPlan" | "getPlan" | "listPlans" | "updatePlan"
>;

export function plans(shell: Pick<Shell, "database">): Methods {
  return {
    createPlan: (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const content = parsePlan(market, request.plan);
      return mutate(shell, context, { method: methods.createPlan, market, request }, async (tx) => {
        const plan = nameOf(market, "plans", request.planId);
        if (!(await savePlan(tx, market, request.planId, 1, content))) {
          throw refuse("PLAN_ALREADY_EXISTS", `${plan} exists already`, { plan });
        }
        await schedule(tx, market, request.planId, undefined, content);
        return { plan: await announcedPlan(tx, market, request.planId) };
      });
    },

    getPlan: (request, context) => {
      const { market, plan: id } = idsOf(patterns.plan, request.name);
      return read(shell, context, market, async (tx, caller) => {
        const plan = await readPlan(tx, market, id, versionOf(request.version));
        return { plan: toPlanMessage(market, found(plan, caller, "PLAN_NOT_FOUND", request.name)) };
      });
    },

    listPlans: async (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const { rows, nextPageToken } = await read(shell, context, market, (tx) =>
        listById(request, ["plans", market], (after, limit) => listPlans(tx, market, after, limit)),
      );
      return { plans: rows.map((plan) => toPlanMessage(market, plan)), nextPageToken };
    },

    updatePlan: (request, context) => {
      const name = request.plan?.name ?? "";
      const { market, plan: id } = idsOf(patterns.plan, name, "plan.name");
      const content = parsePlan(market, request.plan);
      return mutate(shell, context, { method: methods.updatePlan, market, request }, async (tx, caller) => {
        const { plan } = found(await lockPlan(tx, market, id), caller, "PLAN_NOT_FOUND", name);
        if (!isFresh(request.plan?.etag ?? "", plan.version)) throw staleEtag(name);
        refuseOtherKinds(plan, content);
        if (sameContent(plan, content)) return { plan: toPlanMessage(market, plan) };
        await savePlan(tx, market, id, plan.version + 1, content);
        await schedule(tx, market, id, plan, content);
        return { plan: await announcedPlan(tx, market, id) };
      });
    },
  };
}

async function announcedPlan(tx: Tx, market: string, id: string) {
  const plan = (await readPlan(tx, market, id))!;
  const body = { plan: toPlanMessage(market, plan) };
  const packed = plan.version === 1 ? pack(PlanCreatedSchema, body) : pack(PlanUpdatedSchema, body);
  await announce(tx, [announcement(market, "plan", id, plan.version, packed)]);
  return body.plan;
}

/** Rounds are counted from the change of the plan's batching; a plan that keeps it keeps its schedule. */
async function schedule(
  tx: Tx,
  market: string,
  id: string,
  before: PlanContent | undefined,
  { batching }: PlanContent,
): Promise<void> {
  if (isDeepStrictEqual(before?.batching, batching)) return;
  const { time } = await readClock(tx, market);
  await saveSchedule(tx, market, id, batching && firstDue(batching, time));
}

function refuseOtherKinds(plan: Plan, content: PlanContent): void {
  for (const [key, field] of [
    ["demandKind", "plan.demand_kind"],
    ["supplyKind", "plan.supply_kind"],
  ] as const) {
    if (plan[key] !== content[key]) throw refuse("PLAN_INVALID", `${field} never changes`, { field }, field);
  }
}

function sameContent(plan: Plan, content: PlanContent): boolean {
  const { id, version, createTime, updateTime, ...before } = plan;
  return isDeepStrictEqual(stored(before), stored(content));
}

// What is undefined is not stored.
function stored(content: PlanContent): unknown {
  return JSON.parse(JSON.stringify(content));
}

// No plan has so many versions; beyond them a number would no longer be the one that was asked for.
function versionOf(version: bigint): number {
  return Math.min(Number(version), Number.MAX_SAFE_INTEGER);
}
