import { create } from "@bufbuild/protobuf";
import {
  type DraftPlan,
  Plan_Side,
  type Plan as PlanMessage,
  PlanSchema,
} from "@marketmesh/contracts/allocation/v1";
import { invalidField } from "@marketmesh/rpc";
import type { Plan, PlanContent } from "../../domain/plan.ts";
import { parsePlan, toPlanMessage } from "../../rpc/plan-message.ts";
import { refuse } from "../../rpc/problem.ts";

/** A plan to try out, with what it is called. */
export interface Draft {
  readonly label: string;
  readonly plan: PlanContent;
}

// What a recorded round was judged by: another would have given other pairs.
const judgedBy = ["demandKind", "supplyKind", "policy", "demandModel", "supplyModel"] as const;

/**
 * A draft over the plan that decided a round: what it leaves open is as there.
 *
 * Throws INVALID_ARGUMENT (PLAN_INVALID, PLAN_NOT_REPLAYABLE).
 */
export function draftOver(market: string, decided: Plan, draft: DraftPlan, field: string): Draft {
  if (!draft.plan) throw invalidField(`${field}.plan`, "a draft needs a plan");
  const base = create(PlanSchema, toPlanMessage(market, decided));
  for (const key of judgedBy) {
    if (draft.plan[key] !== "" && draft.plan[key] !== base[key]) {
      throw notReplayable(`${field}.plan.${snake(key)}`, "what was recorded was judged by the plan's own");
    }
  }
  if (draft.plan.topK > base.topK) {
    throw notReplayable(`${field}.plan.top_k`, `${base.topK} of each demand were recorded, no more`);
  }
  const plan = parsePlan(market, overlaid(base, draft.plan));
  return { label: draft.label || plan.strategy, plan };
}

function overlaid(base: PlanMessage, draft: PlanMessage): PlanMessage {
  const another = draft.strategy !== 0 && draft.strategy !== base.strategy;
  return create(PlanSchema, {
    ...base,
    strategy: draft.strategy || base.strategy,
    proposing: draft.proposing || base.proposing,
    topK: draft.topK || base.topK,
    unitMode: draft.unitMode || base.unitMode,
    answeredBy: draft.answeredBy === Plan_Side.UNSPECIFIED ? base.answeredBy : draft.answeredBy,
    acceptanceWindow: draft.acceptanceWindow ?? base.acceptanceWindow,
    objective: draft.objective ?? base.objective,
    limits: draft.limits ?? base.limits,
    seed: draft.seed || base.seed,
    plannedRounds: draft.plannedRounds || (another ? 0 : base.plannedRounds),
    // Shares are of one strategy: another one's plan would contradict itself.
    shares: draft.shares.length > 0 || another ? draft.shares : base.shares,
  });
}

function notReplayable(field: string, message: string) {
  return refuse("PLAN_NOT_REPLAYABLE", message, { field }, field);
}

function snake(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
