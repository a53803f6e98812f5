import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { formatName, namePatterns } from "@marketmesh/contracts";
import {
  type Feature as FeatureMessage,
  type FeatureSchema,
  Model_Perspective,
  type Model as ModelMessage,
  type ModelSchema,
  Overlap_Normalisation,
  Overlap_Weighting,
  type Overlap as OverlapMessage,
} from "@marketmesh/contracts/scoring/v1";
import { type Feature, MILLIONTHS_MAX, type Overlap } from "@marketmesh/ranking";
import type { ModelContent, StoredModel } from "../domain/model.ts";

const perspectives = { DEMAND: Model_Perspective.DEMAND, SUPPLY: Model_Perspective.SUPPLY } as const;
const weightings = { UNIFORM: Overlap_Weighting.UNIFORM, RARITY: Overlap_Weighting.RARITY } as const;
const normalisations = {
  DEMAND: Overlap_Normalisation.DEMAND,
  SUPPLY: Overlap_Normalisation.SUPPLY,
  NONE: Overlap_Normalisation.NONE,
} as const;

export function toModelMessage(model: StoredModel): MessageInitShape<typeof ModelSchema> {
  const { market, id } = model;
  return {
    name: formatName(namePatterns.model, { market, model: id }),
    perspective: perspectives[model.perspective],
    demandKind: formatName(namePatterns.kind, { market, kind: model.demandKind }),
    supplyKind: formatName(namePatterns.kind, { market, kind: model.supplyKind }),
    features: model.features.map(toFeatureMessage),
    version: model.version,
    etag: etagOf(model.version),
    createTime: timestampFromDate(model.createTime),
    updateTime: timestampFromDate(model.updateTime),
  };
}

function toFeatureMessage({ source, ...feature }: Feature): MessageInitShape<typeof FeatureSchema> {
  return {
    feature: feature.id,
    weightMillionths: BigInt(feature.weightMillionths),
    source:
      "expression" in source
        ? { case: "expression", value: source.expression }
        : {
            case: "overlap",
            value: {
              supplyAttribute: source.overlap.supplyAttribute,
              demandAttribute: source.overlap.demandAttribute,
              weighting: weightings[source.overlap.weighting],
              normalisation: normalisations[source.overlap.normalisation],
            },
          },
    missingMillionths: BigInt(feature.missingMillionths),
    minMillionths: BigInt(feature.minMillionths),
    maxMillionths: BigInt(feature.maxMillionths),
  };
}

/** What the request decides; the message is validated already. */
export function fromModelMessage(message: ModelMessage): ModelContent {
  return {
    perspective: message.perspective === Model_Perspective.SUPPLY ? "SUPPLY" : "DEMAND",
    features: message.features.map(fromFeatureMessage),
  };
}

function fromFeatureMessage(message: FeatureMessage): Feature {
  const { source } = message;
  return {
    id: message.feature,
    weightMillionths: Number(message.weightMillionths),
    source:
      source.case === "overlap"
        ? { overlap: fromOverlapMessage(source.value) }
        : { expression: source.value ?? "" },
    missingMillionths: Number(message.missingMillionths),
    minMillionths: Number(message.minMillionths ?? -MILLIONTHS_MAX),
    maxMillionths: Number(message.maxMillionths ?? MILLIONTHS_MAX),
  };
}

function fromOverlapMessage(message: OverlapMessage): Overlap {
  const { supplyAttribute, demandAttribute, weighting, normalisation } = message;
  return {
    supplyAttribute,
    demandAttribute,
    weighting: weighting === Overlap_Weighting.RARITY ? "RARITY" : "UNIFORM",
    normalisation:
      normalisation === Overlap_Normalisation.SUPPLY
        ? "SUPPLY"
        : normalisation === Overlap_Normalisation.NONE
          ? "NONE"
          : "DEMAND",
  };
}

/** The etag of a model is its version, quoted as HTTP does. */
export function etagOf(version: bigint): string {
  return `"${version}"`;
}
