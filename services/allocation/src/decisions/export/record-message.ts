import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  Decision_Result,
  type DecisionRecordSchema,
  Hold_State,
  Offer_State,
} from "@marketmesh/contracts/allocation/v1";
import { nameOf } from "../../rpc/names.ts";
import { timeOfId } from "../log-entry.ts";
import type { DecisionRecord, RecordedPair } from "./records.ts";

export type RecordMessage = MessageInitShape<typeof DecisionRecordSchema>;

export function toRecordMessage(market: string, { decision, entry, pairs }: DecisionRecord): RecordMessage {
  const recordTime = timeOfId(decision.id);
  return {
    decision: nameOf(market, "decisions", decision.id),
    ...(recordTime && { recordTime: timestampFromDate(recordTime) }),
    decisionTime: timestampFromDate(decision.decisionTime),
    demand: nameOf(market, "listings", decision.demand),
    plan: nameOf(market, "plans", decision.plan),
    planVersion: BigInt(decision.planVersion),
    round: nameOf(market, "rounds", decision.round),
    policyVersion: BigInt(decision.policyVersion),
    demandModelVersion: BigInt(decision.demandModelVersion),
    supplyModelVersion: BigInt(decision.supplyModelVersion),
    statisticsVersion: BigInt(decision.statisticsVersion),
    demandVersion: BigInt(decision.demandVersion),
    feedSeq: BigInt(decision.feedSeq),
    openUnits: BigInt(decision.openUnits),
    result: Decision_Result[decision.result],
    strategy: entry?.strategy ?? "",
    release: entry?.release ?? "",
    resultHash: entry?.resultHash ?? "",
    ...(entry?.proof && { primal: entry.proof.primal, dual: entry.proof.dual }),
    pairs: pairs.map((pair) => toPairMessage(market, pair)),
  };
}

function toPairMessage(market: string, pair: RecordedPair) {
  const { supply, demandScore, supplyScore, chosen, lostBecause, hold, offer } = pair;
  return {
    supply: nameOf(market, "listings", supply),
    demandScore,
    supplyScore,
    chosen,
    units: BigInt(hold?.units ?? 0),
    lostBecause,
    hold: nameOf(market, "holds", hold?.id ?? ""),
    holdState: hold ? Hold_State[hold.state] : Hold_State.UNSPECIFIED,
    offerState: offer ? Offer_State[offer.state] : Offer_State.UNSPECIFIED,
    declineReason: offer?.declineReason ?? "",
    ...(offer?.answerTime && { answerTime: timestampFromDate(offer.answerTime) }),
  };
}
