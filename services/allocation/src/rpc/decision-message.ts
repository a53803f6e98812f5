import { fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Decision_Result, type DecisionSchema } from "@marketmesh/contracts/allocation/v1";
import { FunnelSchema } from "@marketmesh/contracts/eligibility/v1";
import type { Decision, DecisionResult } from "../domain/decision.ts";
import type { Hold } from "../domain/hold.ts";
import { nameOf } from "./names.ts";

const results = {
  HELD: Decision_Result.HELD,
  PARTLY_HELD: Decision_Result.PARTLY_HELD,
  NOBODY_ELIGIBLE: Decision_Result.NOBODY_ELIGIBLE,
  EXHAUSTED: Decision_Result.EXHAUSTED,
  OUTRANKED: Decision_Result.OUTRANKED,
  NOT_OPEN: Decision_Result.NOT_OPEN,
  REJECTED: Decision_Result.REJECTED,
} satisfies Record<DecisionResult, Decision_Result>;

export function toDecisionMessage(
  market: string,
  decision: Decision,
  holds: readonly Hold[],
): MessageInitShape<typeof DecisionSchema> {
  return {
    name: nameOf(market, "decisions", decision.id),
    demand: nameOf(market, "listings", decision.demand),
    plan: nameOf(market, "plans", decision.plan),
    round: nameOf(market, "rounds", decision.round),
    planVersion: BigInt(decision.planVersion),
    policyVersion: BigInt(decision.policyVersion),
    demandModelVersion: BigInt(decision.demandModelVersion),
    supplyModelVersion: BigInt(decision.supplyModelVersion),
    statisticsVersion: BigInt(decision.statisticsVersion),
    demandVersion: BigInt(decision.demandVersion),
    feedSeq: BigInt(decision.feedSeq),
    decisionTime: timestampFromDate(decision.decisionTime),
    ...(decision.funnel && { funnel: fromBinary(FunnelSchema, decision.funnel) }),
    openUnits: BigInt(decision.openUnits),
    outcomes: holds.map((hold) => ({
      supply: nameOf(market, "listings", hold.supply),
      units: BigInt(hold.units),
      demandScore: hold.score,
      supplyScore: hold.supplyScore,
      hold: nameOf(market, "holds", hold.id),
    })),
    result: results[decision.result],
    ...(decision.durationMs !== undefined && { duration: durationFromMs(Math.ceil(decision.durationMs)) }),
    createTime: timestampFromDate(decision.createTime),
  };
}
