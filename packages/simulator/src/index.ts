export {
  type Answer,
  type Asked,
  answerTo,
  type Behaviour,
  probabilityOf,
  type Yes,
} from "./market/behaviour.ts";
export {
  type ComparedRun,
  type Comparison,
  type Measure,
  type PlanOutcome,
  planOutcome,
  runsOf,
} from "./market/compare.ts";
export {
  type Decider,
  type EnginePlanOptions,
  enginePlan,
  type Learned,
  type MarketPlan,
  type Moment,
  type StandingPlan,
} from "./market/decider.ts";
export { type Estimate, estimateOf, studentT } from "./market/estimate.ts";
export { type Generated, generateScenario } from "./market/generate-scenario.ts";
export { type MarketRules, playMarket } from "./market/market-run.ts";
export type { RunOutcome } from "./market/outcome.ts";
export {
  type CompiledScenario,
  compileScenario,
  type Participant,
  type Scenario,
  ScenarioError,
  type ScenarioPair,
} from "./market/scenario.ts";
export { draw } from "./oracle/draw.ts";
export { type Oracle, pairOracle } from "./oracle/oracle.ts";
export { type ClairvoyantOutcome, clairvoyant } from "./waves/clairvoyant.ts";
export { WaveError } from "./waves/refuse-bad-offers.ts";
export {
  playWaves,
  runWaves,
  type WaveOffers,
  type WaveOutcome,
  type WavesOptions,
  type WavesOutcome,
} from "./waves/run-waves.ts";
export { everyWave, expected } from "./waves/strategies.ts";
export type { WaveAnswers, WaveStrategy } from "./waves/wave-strategy.ts";
