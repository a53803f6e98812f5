export { type CountedAttribute, collectStatistics } from "./collect-statistics.ts";
export {
  type CompiledFeature,
  type CompiledModel,
  compileModel,
  FEATURES_MAX,
  MILLIONTHS_MAX,
  type ModelProblem,
  type ModelProblemCode,
  type PairTypes,
  validateModel,
} from "./compile-model.ts";
export type {
  Contribution,
  Feature,
  FeatureSource,
  FormulaSource,
  Model,
  Overlap,
  OverlapSource,
  Perspective,
} from "./model.ts";
export {
  createRanker,
  type Ranker,
  type RankerInput,
  type Ranking,
  type RankRequest,
  TOP_K_MAX,
} from "./ranker.ts";
export { RankingError, type RankingErrorReason } from "./ranking-error.ts";
export { type ExplainedScore, explain, scorePair } from "./score-pair.ts";
export {
  overlapKey,
  type PackedStatistics,
  packStatistics,
  rarityMillionths,
  type Statistics,
  type TokenStatistics,
  unpackStatistics,
} from "./statistics.ts";
