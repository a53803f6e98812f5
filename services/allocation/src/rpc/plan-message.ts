import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, durationMs, timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  Plan_Side,
  Plan_Strategy,
  Plan_UnitMode,
  type Plan as PlanMessage,
  PlanSchema,
} from "@marketmesh/contracts/allocation/v1";
import { idsOf, invalidField } from "@marketmesh/rpc";
import { flawOf } from "../domain/check-plan.ts";
import {
  type Plan,
  type PlanContent,
  type PlanInput,
  type PlanStrategy,
  planStrategies,
  withDefaults,
} from "../domain/plan.ts";
import { etagOf } from "./etag.ts";
import { nameOf, patterns } from "./names.ts";
import { parseOfferRules } from "./offer-rules-message.ts";
import {
  type PolicyInput,
  parseBatching,
  parseLimits,
  parseObjective,
  parseShare,
  policyFields,
} from "./plan-policy-message.ts";
import { refuse } from "./problem.ts";

/** What a caller wrote, defaults filled in. INVALID_ARGUMENT: a name of another market, or a contradiction. */
export function parsePlan(market: string, message: PlanMessage | undefined): PlanContent {
  const plan = message ?? create(PlanSchema);
  const input: PlanInput = {
    demandKind: idOf(market, patterns.kind, plan.demandKind, "plan.demand_kind"),
    supplyKind: idOf(market, patterns.kind, plan.supplyKind, "plan.supply_kind"),
    policy: idOf(market, patterns.policy, plan.policy, "plan.policy"),
    demandModel: idOf(market, patterns.model, plan.demandModel, "plan.demand_model"),
    supplyModel: plan.supplyModel && idOf(market, patterns.model, plan.supplyModel, "plan.supply_model"),
    answeredBy: sideOf(plan.answeredBy),
    topK: plan.topK,
    ...optional(plan),
    ...policyOf(market, plan),
  };
  const content = withDefaults(input);
  const flaw = flawOf(content);
  if (flaw) throw refuse("PLAN_INVALID", flaw.message, { field: flaw.field }, flaw.field);
  return content;
}

function optional(plan: PlanMessage): Partial<PlanInput> {
  const proposing = sideOf(plan.proposing);
  const strategy = strategyOf(plan.strategy);
  return {
    ...(strategy && { strategy }),
    ...(proposing && { proposing }),
    ...(plan.unitMode === Plan_UnitMode.WHOLE && { unitMode: "WHOLE" as const }),
    ...(plan.acceptanceWindow && { acceptanceWindowMs: durationMs(plan.acceptanceWindow) }),
  };
}

const approvalWindowMsDefault = 72 * 3_600_000;

function policyOf(market: string, plan: PlanMessage): PolicyInput {
  const batching = plan.batching && parseBatching(plan.batching);
  const { approvalRequired, approvalWindow, seed, shares, plannedRounds } = plan;
  if (approvalWindow && !approvalRequired) {
    throw invalidField("plan.approval_window", "only with approval_required", "PLAN_INVALID");
  }
  const windowMs = approvalWindow ? durationMs(approvalWindow) : approvalWindowMsDefault;
  return {
    ...(plan.objective && { objective: parseObjective(plan.objective) }),
    ...(plan.limits && { limits: parseLimits(market, plan.limits) }),
    ...(batching && { batching }),
    ...(approvalRequired && { approvalWindowMs: windowMs }),
    ...(seed > 0n && { seed: Number(seed) }),
    ...(plannedRounds > 0 && { plannedRounds }),
    ...(shares.length > 0 && { shares: shares.map(parseShare) }),
    ...(plan.offers && { offers: parseOfferRules(plan.offers) }),
  };
}

/** Undefined where none is stated: each place says what it means then. */
export function strategyOf(strategy: Plan_Strategy): PlanStrategy | undefined {
  return planStrategies.find((name) => Plan_Strategy[name] === strategy);
}

function sideOf(side: Plan_Side): "DEMAND" | "SUPPLY" | undefined {
  if (side === Plan_Side.DEMAND) return "DEMAND";
  return side === Plan_Side.SUPPLY ? "SUPPLY" : undefined;
}

type ThingPattern = typeof patterns.kind | typeof patterns.policy | typeof patterns.model;

function idOf(market: string, pattern: ThingPattern, name: string, field: string): string {
  const ids = idsOf(pattern as typeof patterns.kind, name, field) as Record<string, string>;
  if (ids.market !== market) throw invalidField(field, `must be of markets/${market}`, "PLAN_INVALID");
  return name.slice(name.lastIndexOf("/") + 1);
}

const sides = { DEMAND: Plan_Side.DEMAND, SUPPLY: Plan_Side.SUPPLY } as const;

export function toPlanMessage(market: string, plan: Plan): MessageInitShape<typeof PlanSchema> {
  return {
    name: nameOf(market, "plans", plan.id),
    demandKind: nameOf(market, "kinds", plan.demandKind),
    supplyKind: nameOf(market, "kinds", plan.supplyKind),
    policy: nameOf(market, "policies", plan.policy),
    demandModel: nameOf(market, "models", plan.demandModel),
    supplyModel: nameOf(market, "models", plan.supplyModel),
    strategy: Plan_Strategy[plan.strategy],
    proposing: sides[plan.proposing],
    topK: plan.topK,
    unitMode: Plan_UnitMode[plan.unitMode],
    answeredBy: plan.answeredBy ? sides[plan.answeredBy] : Plan_Side.UNSPECIFIED,
    acceptanceWindow: durationFromMs(plan.acceptanceWindowMs),
    version: BigInt(plan.version),
    etag: etagOf(plan.version),
    ...policyFields(market, plan),
    createTime: timestampFromDate(plan.createTime),
    updateTime: timestampFromDate(plan.updateTime),
  };
}
