import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import type { ScoreSchema, ScoringService } from "@marketmesh/contracts/scoring/v1";
import { breather } from "@marketmesh/listing-projection";
import { explain, RankingError } from "@marketmesh/ranking";
import { callerOf } from "@marketmesh/rpc";
import type { DecisionInput } from "@marketmesh/rules";
import { type Inquiry, type InquiryDeps, open, statisticsNotCollected } from "./inquiry.ts";
import { toScoreMessage } from "./score-message.ts";

export function scorePairs(deps: InquiryDeps): ServiceImpl<typeof ScoringService>["scorePairs"] {
  return async (request, context) => {
    const model = { name: request.model, field: "model", version: request.modelVersion };
    const inquiry = await open(deps, [model], request, context);
    const caller = callerOf(context);
    const { breathe } = breather(context.signal);
    const scores: MessageInitShape<typeof ScoreSchema>[] = [];
    for (const [at, pair] of request.pairs.entries()) {
      const attributesOf = async (side: "supply" | "demand") => {
        const wanted = { kind: inquiry[side], subject: pair[side], field: `pairs[${at}].${side}` };
        return (await deps.subjects.resolve(wanted, caller, context.signal)).attributes;
      };
      const [supply, demand] = await Promise.all([attributesOf("supply"), attributesOf("demand")]);
      scores.push(toScoreMessage(score(inquiry, { supply, demand, now: inquiry.now })));
      await breathe();
    }
    return {
      scores,
      modelVersion: inquiry.models[0].stored.version,
      statisticsVersion: inquiry.statistics.version,
    };
  };
}

function score({ models: [model], statistics }: Inquiry, pair: DecisionInput) {
  try {
    return explain(model.compiled, pair, statistics.statistics);
  } catch (error) {
    const isMissing = error instanceof RankingError && error.reason === "STATISTICS_MISSING";
    if (isMissing && statistics.missing) throw statisticsNotCollected(statistics.missing);
    throw error;
  }
}
