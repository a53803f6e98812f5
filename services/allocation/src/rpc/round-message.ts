import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  Plan_Strategy,
  Round_State,
  Round_Trigger,
  type RoundSchema,
} from "@marketmesh/contracts/allocation/v1";
import { phaseNames, type Round, type RoundState } from "../domain/round.ts";
import { nameOf } from "./names.ts";

const states = {
  PENDING: Round_State.PENDING,
  SOLVING: Round_State.SOLVING,
  SOLVED: Round_State.SOLVED,
  COMMITTED: Round_State.COMMITTED,
  SETTLED: Round_State.SETTLED,
  FAILED: Round_State.FAILED,
  AWAITING_APPROVAL: Round_State.AWAITING_APPROVAL,
  SIMULATED: Round_State.SIMULATED,
  REJECTED: Round_State.REJECTED,
} satisfies Record<RoundState, Round_State>;

export function toRoundMessage(
  market: string,
  round: Round,
  offersOpen: number,
): MessageInitShape<typeof RoundSchema> {
  return {
    name: nameOf(market, "rounds", round.id),
    plan: nameOf(market, "plans", round.plan),
    state: states[round.state],
    planVersion: BigInt(round.planVersion),
    policyVersion: BigInt(round.policyVersion),
    demandModelVersion: BigInt(round.demandModelVersion),
    supplyModelVersion: BigInt(round.supplyModelVersion),
    statisticsVersion: BigInt(round.statisticsVersion),
    ...(round.decisionTime && { decisionTime: timestampFromDate(round.decisionTime) }),
    demandCount: BigInt(round.demandCount),
    openUnits: BigInt(round.openUnits),
    demandsRanked: BigInt(round.demandsRanked),
    eligiblePairs: BigInt(round.eligiblePairs),
    edgeCount: BigInt(round.edgeCount),
    unknownSupplies: BigInt(round.unknownSupplies),
    holdCount: BigInt(round.holdCount),
    heldUnits: BigInt(round.heldUnits),
    offersOpen: BigInt(offersOpen),
    phases: phaseNames.flatMap((phase) => {
      const ms = round.phases[phase];
      return ms === undefined ? [] : [{ phase, duration: durationFromMs(Math.round(ms)) }];
    }),
    failure: round.failure,
    dryRun: round.dryRun,
    strategy: round.strategy ? Plan_Strategy[round.strategy] : Plan_Strategy.UNSPECIFIED,
    seed: BigInt(round.seed),
    ...(round.proof && { certificate: round.proof }),
    trigger: Round_Trigger[round.trigger],
    ...(round.dueTime && { dueTime: timestampFromDate(round.dueTime) }),
    ...(round.approvalExpireTime && { approvalExpireTime: timestampFromDate(round.approvalExpireTime) }),
    approver: round.approver,
    rejection: round.rejection,
    stateVersion: BigInt(round.stateVersion),
    pairCount: BigInt(round.pairsCount),
    createTime: timestampFromDate(round.createTime),
    updateTime: timestampFromDate(round.updateTime),
  };
}
