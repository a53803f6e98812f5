import type { MessageInitShape } from "@bufbuild/protobuf";
import { PairExplanation_Reason, type PairExplanationSchema } from "@marketmesh/contracts/allocation/v1";
import { nameOf } from "../../rpc/names.ts";
import type { ExplainedPair } from "../heavy/explain.ts";

/** Why a pair came out as it did; ids of listings. */
export interface PairExplanation extends Partial<Omit<ExplainedPair, "reason">> {
  readonly demand: string;
  readonly supply: string;
  readonly reason: ExplainedPair["reason"] | "LOST" | "INELIGIBLE" | "NOT_CONSIDERED";
  readonly failedRules?: readonly string[];
  readonly lostBecause?: string;
}

const texts: Readonly<Record<PairExplanation["reason"], string>> = {
  ASSIGNED: "The pair was chosen.",
  LOST: "The pair was chosen, and others were faster before it could be held.",
  INELIGIBLE: "The policy does not allow the pair.",
  NOT_CONSIDERED:
    "The pair was not looked at: not among the best of the demand, used up before, given to it before, or not open then.",
  OUTBID: "The supply went to others.",
  QUOTA: "A limit of the plan was reached.",
  OUTSIDE_OPTION: "The pair is worth no more than going without it.",
  NO_CAPACITY: "The demand wanted nothing more, or the supply had nothing left.",
  FILLED: "The demand was filled with supplies that it, or the whole, is better off with.",
  EXCLUDED: "The plan excludes the pair.",
};

/** A party is told what the pair would have needed, and not who had it. */
export function toExplanationMessage(
  market: string,
  explained: PairExplanation,
  namesRivals: boolean,
): MessageInitShape<typeof PairExplanationSchema> {
  const { reason, demandScore, supplyScore, winningScore, price, rivals = [] } = explained;
  const needed = winningScore === undefined ? "" : ` A demand score of ${winningScore} would have won.`;
  return {
    demand: nameOf(market, "listings", explained.demand),
    supply: nameOf(market, "listings", explained.supply),
    reason: PairExplanation_Reason[reason],
    ...(demandScore !== undefined && { demandScore }),
    ...(supplyScore !== undefined && { supplyScore }),
    ...(winningScore !== undefined && { winningScore }),
    ...(price !== undefined && { price }),
    rivals: namesRivals
      ? rivals.map(({ demand, supply, demandScore: score }) => ({
          demand: nameOf(market, "listings", demand),
          supply: nameOf(market, "listings", supply),
          demandScore: score,
        }))
      : [],
    failedRules: [...(explained.failedRules ?? [])],
    lostBecause: explained.lostBecause ?? "",
    text: `${texts[reason]}${needed}`,
  };
}
