export { allocate } from "./allocate.ts";
export type { Assignment } from "./assignment.ts";
export { type BlockingPair, blockingPairs } from "./blocking-pairs.ts";
export { compareBytewise } from "./bytewise.ts";
export { type DeferredAcceptanceOptions, deferredAcceptance } from "./deferred-acceptance.ts";
export { EngineError, type EngineErrorReason } from "./engine-error.ts";
export {
  buildGraph,
  demandIdOf,
  type Graph,
  type GraphColumns,
  type SparseGraph,
  supplyIdOf,
  UNLIMITED,
  type UnitMode,
} from "./graph.ts";
export { greedy, greedyInOrder } from "./greedy.ts";
export { objectiveWeights } from "./objective.ts";
export type {
  AllocationPlan,
  GroupBonus,
  Grouping,
  GroupShare,
  Limits,
  LimitUse,
  MarketSide,
  Objective,
  ObjectiveData,
  OutsideOptions,
  Pair,
  PinRefusal,
  RefusedPin,
  Solution,
  SolutionCertificate,
  SolutionFacts,
  Strategy,
  UnitLimit,
} from "./plan.ts";
export { type Violation, verifyAssignment } from "./verify.ts";
