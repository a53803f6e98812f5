export { type AllocationTools, allocate, allocateWithSearch } from "./allocate.ts";
export type { Assignment } from "./assignment.ts";
export { type BlockingPair, blockingPairs } from "./blocking-pairs.ts";
export { compareBytewise } from "./bytewise.ts";
export { type GroupOutcome, groupOutcomes, selectionRateRatio } from "./curve/fairness.ts";
export {
  type Fairness,
  measure,
  type TradeOffContext,
  type TradeOffPoint,
  tradeOff,
  type Variant,
} from "./curve/trade-off.ts";
export { type DeferredAcceptanceOptions, deferredAcceptance } from "./deferred-acceptance.ts";
export type { DenseAssignment, DenseCosts } from "./dense/dense.ts";
export { assignDense } from "./dense/lapjv.ts";
export { type DenseViolation, verifyDense } from "./dense/verify-dense.ts";
export { EngineError, type EngineErrorReason } from "./engine-error.ts";
export { type Acceptance, learn, type Observation } from "./expected/acceptance.ts";
export { type ExpectedConfig, expectedDefaults, refuseBadConfig } from "./expected/config.ts";
export { type Answers, type ExpectedWave, expectedWave } from "./expected/expected-wave.ts";
export { type LivePairs, livePairs, type Residual } from "./expected/residual.ts";
export { type PlannedRounds, roundsAhead } from "./expected/rounds.ts";
export { type ExpectedState, startExpected } from "./expected/state.ts";
export { type ExplainOptions, explain } from "./explain/explain.ts";
export type { Explanation, NotAssignedReason, PairPrices, ToWin } from "./explain/explanation.ts";
export { explanationText } from "./explain/text.ts";
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
export type {
  Arrival,
  CapacityChange,
  MarketChanges,
  WeightChange,
} from "./incremental/changes.ts";
export { IncrementalOptimum, type Repair } from "./incremental/incremental-optimum.ts";
export type { Snapshot } from "./incremental/snapshot.ts";
export { type GeneralisedAssignment, generalisedAssignment } from "./limits/generalised-assignment.ts";
export { loadPackingSolver } from "./limits/highs.ts";
export { lagrangianRepair } from "./limits/lagrange.ts";
export { dualBound, type Packed, type Packing, type PackingSolver } from "./limits/packing.ts";
export { type LimitViolation, type StatedLimits, verifyLimits } from "./limits/verify-limits.ts";
export {
  type CertificateViolation,
  type SolutionViolation,
  verifySolution,
} from "./limits/verify-solution.ts";
export { minCostFlow } from "./network/min-cost-flow.ts";
export { type Flow, type FlowStart, type FlowWork, type Network, UNBOUNDED } from "./network/network.ts";
export { type FlowViolation, verifyFlow } from "./network/verify-flow.ts";
export { objectiveWeights } from "./objective.ts";
export type { Certificate } from "./optimal/certificate.ts";
export { type CertifiedSolution, type OptimalOptions, optimal } from "./optimal/optimal.ts";
export { verifyCertificate } from "./optimal/verify-certificate.ts";
export {
  type AllocationPlan,
  type GroupBonus,
  type Grouping,
  type GroupShare,
  type Limits,
  type LimitUse,
  type MarketSide,
  type Objective,
  type ObjectiveData,
  type OutsideOptions,
  type Pair,
  type PinRefusal,
  type RefusedPin,
  type Solution,
  type SolutionCertificate,
  type SolutionFacts,
  type Strategy,
  strategies,
  type UnitLimit,
} from "./plan.ts";
export { graphOfPositions, type PositionColumns, type PositionGraph } from "./positions.ts";
export { type Violation, verifyAssignment } from "./verify.ts";
