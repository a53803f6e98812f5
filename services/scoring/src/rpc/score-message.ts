import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ScoreSchema } from "@marketmesh/contracts/scoring/v1";
import type { ExplainedScore } from "@marketmesh/ranking";

export function toScoreMessage({
  score,
  contributions,
}: ExplainedScore): MessageInitShape<typeof ScoreSchema> {
  return {
    score,
    contributions: contributions.map(({ featureId, valueMillionths, contributionMillionths, missing }) => ({
      feature: featureId,
      valueMillionths: BigInt(valueMillionths),
      contributionMillionths: BigInt(contributionMillionths),
      missing,
    })),
  };
}
