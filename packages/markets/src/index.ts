export { DocumentError } from "./document.ts";
export { mapRows } from "./mapping/map-rows.ts";
export {
  type Pack,
  type PackFeature,
  type PackKind,
  type PackModel,
  type PackPlan,
  type PackPolicy,
  type PackStatistics,
  type PackWorkflow,
  packNames,
  readPack,
} from "./pack.ts";
export { Draw, hash32 } from "./random.ts";
export type { ListingRow, RowCapacity, Sample } from "./row.ts";
export { type CommonFacts, raceOf, readFacts, sampleOf, type TaskBehaviour } from "./sample/sample.ts";
export {
  type ColumnMapping,
  defaultScenario,
  type FileMapping,
  type RunOptions,
  readScenario,
  type Scenario,
  type ScenarioMarket,
} from "./scenario.ts";
