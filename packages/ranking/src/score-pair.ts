import type { DecisionInput } from "@marketmesh/rules";
import type { CompiledFeature, CompiledModel } from "./compile-model.ts";
import { settle, toMillionths, weigh } from "./fixed-point.ts";
import type { Contribution, Feature } from "./model.ts";
import { overlapOfPair } from "./overlap.ts";
import type { Statistics } from "./statistics.ts";

/** A score and what it is made of. */
export interface ExplainedScore {
  /** In millionths, an integer of 32 bits. */
  readonly score: number;
  /** In the order of the model's features; they sum exactly to the score. */
  readonly contributions: readonly Contribution[];
}

/**
 * Scores one pair from its attributes (as `normaliseAttributes` leaves them), listed or not.
 *
 * @throws RankingError STATISTICS_MISSING
 */
export function scorePair(model: CompiledModel, pair: DecisionInput, statistics: Statistics): number {
  return explain(model, pair, statistics).score;
}

/** The same with contributions. */
export function explain(model: CompiledModel, pair: DecisionInput, statistics: Statistics): ExplainedScore {
  const features = model.features.map((compiled) => compiled.feature);
  return explained(features, (at) => readValue(model.features[at]!, pair, statistics));
}

/** Combines the values of features, in millionths before clamping, read by position. */
export function explained(
  features: readonly Feature[],
  read: (at: number) => number | undefined,
): ExplainedScore {
  const contributions = features.map((feature, at): Contribution => {
    const value = read(at);
    const valueMillionths = settle(value, feature);
    return {
      featureId: feature.id,
      valueMillionths,
      contributionMillionths: weigh(feature.weightMillionths, valueMillionths),
      missing: value === undefined,
    };
  });
  const score = contributions.reduce((sum, { contributionMillionths }) => sum + contributionMillionths, 0);
  return { score, contributions };
}

function readValue(
  compiled: CompiledFeature,
  pair: DecisionInput,
  statistics: Statistics,
): number | undefined {
  return compiled.kind === "FORMULA"
    ? toMillionths(compiled.number.evaluate(pair))
    : overlapOfPair(compiled.overlap, pair, statistics);
}
