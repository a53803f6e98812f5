import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  Plan_Side,
  Plan_Strategy,
  Plan_UnitMode,
  type PlanSchema,
} from "@marketmesh/contracts/allocation/v1";
import {
  type FeatureSchema,
  Overlap_Normalisation,
  Overlap_Weighting,
} from "@marketmesh/contracts/scoring/v1";
import type { Pack, PackFeature } from "@marketmesh/markets";
import type { MarketNames } from "./names.ts";

/** A feature as scoring takes it: numbers in millionths. */
export function featureMessage(feature: PackFeature): MessageInitShape<typeof FeatureSchema> {
  const { min, max } = feature;
  return {
    feature: feature.feature,
    weightMillionths: millionths(feature.weight),
    source: sourceOf(feature),
    missingMillionths: millionths(feature.missing ?? 0),
    ...(min !== undefined && { minMillionths: millionths(min) }),
    ...(max !== undefined && { maxMillionths: millionths(max) }),
  };
}

function sourceOf({
  expression,
  overlap,
}: PackFeature): NonNullable<MessageInitShape<typeof FeatureSchema>["source"]> {
  if (overlap === undefined) return { case: "expression", value: expression ?? "" };
  return {
    case: "overlap",
    value: {
      supplyAttribute: overlap.supply,
      demandAttribute: overlap.demand,
      weighting: Overlap_Weighting[overlap.weighting ?? "UNIFORM"],
      normalisation: Overlap_Normalisation[overlap.normalise ?? "DEMAND"],
    },
  };
}

/** The plan as allocation takes it, its kinds left to the caller. */
export function planMessage(names: MarketNames, pack: Pack): MessageInitShape<typeof PlanSchema> {
  const { plan } = pack;
  const model = (perspective: "DEMAND" | "SUPPLY") => {
    const found = pack.models.find((candidate) => candidate.perspective === perspective);
    return found === undefined ? "" : names.of("models", found.model);
  };
  return {
    policy: names.of("policies", pack.policy.policy),
    demandModel: model("DEMAND"),
    supplyModel: model("SUPPLY"),
    strategy: Plan_Strategy[plan.strategy ?? "DEFERRED_ACCEPTANCE"],
    proposing: Plan_Side[plan.proposing ?? "DEMAND"],
    topK: plan.topK ?? 50,
    unitMode: Plan_UnitMode[plan.unitMode ?? "SPREAD"],
    answeredBy: plan.answeredBy === undefined ? Plan_Side.UNSPECIFIED : Plan_Side[plan.answeredBy],
    acceptanceWindow: durationFromMs(windowMs(plan.acceptanceWindow ?? "72h")),
  };
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `72h` in milliseconds. */
export function windowMs(text: string): number {
  return Number(text.slice(0, -1)) * unitMs[text.slice(-1)]!;
}

function millionths(value: number): bigint {
  return BigInt(Math.round(value * 1_000_000));
}
