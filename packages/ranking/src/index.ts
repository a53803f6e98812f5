export type {
  Contribution,
  ExpressionSource,
  Feature,
  FeatureSource,
  Model,
  Overlap,
  OverlapSource,
  Perspective,
} from "./model.ts";
export {
  overlapKey,
  type PackedFrequencies,
  type PackedStatistics,
  packStatistics,
  rarityMillionths,
  type Statistics,
  unpackStatistics,
} from "./statistics.ts";
