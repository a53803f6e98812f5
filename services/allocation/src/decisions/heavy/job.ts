import type { AllocationTools } from "@marketmesh/allocation-engine";
import type { PlanContent } from "../../domain/plan.ts";
import { type RoundJob, type RoundSolved, solveRoundJob } from "../../rounds/round-job.ts";
import {
  type ExplainedSolution,
  type ExplainJob,
  explainSent,
  type Solved,
  type SolveJob,
  solveSent,
} from "../../solver/solve-job.ts";
import { type ExplainedPair, explainPair } from "./explain.ts";
import type { RoundRecord } from "./recorded-round.ts";
import { type Replayed, replayRound } from "./replay.ts";
import { type SimulatedRun, type Simulation, simulate } from "./simulate.ts";
import { type CurvePlan, type CurvePoint, tradeOffOf } from "./trade-off.ts";

/** Work that takes long; plain data, for it crosses threads. */
export type Job =
  | { readonly kind: "REPLAY"; readonly record: RoundRecord; readonly plan: PlanContent }
  | {
      readonly kind: "TRADE_OFF";
      readonly record: RoundRecord;
      readonly plans: readonly CurvePlan[];
      readonly grouping: string;
    }
  | {
      readonly kind: "EXPLAIN";
      readonly record: RoundRecord;
      readonly demand: string;
      readonly supply: string;
    }
  | { readonly kind: "SIMULATE"; readonly simulation: Simulation }
  | SolveJob
  | ExplainJob
  | RoundJob;

/** What each kind of job answers, once, or for SIMULATE once per run. */
export interface JobAnswers {
  readonly REPLAY: Replayed;
  readonly TRADE_OFF: readonly CurvePoint[];
  readonly EXPLAIN: ExplainedPair | undefined;
  readonly SIMULATE: SimulatedRun;
  readonly SOLVE: Solved;
  readonly EXPLAIN_SOLUTION: ExplainedSolution;
  readonly SOLVE_ROUND: RoundSolved;
}

export type AnswerOf<J extends Job> = JobAnswers[J["kind"]];

/** Does a job; its answers come as they are found. */
export function* workOn(job: Job, tools: AllocationTools = {}): Generator<JobAnswers[Job["kind"]]> {
  switch (job.kind) {
    case "REPLAY":
      yield replayRound(job.record, job.plan, tools);
      return;
    case "TRADE_OFF":
      yield tradeOffOf(job.record, job.plans, job.grouping, tools);
      return;
    case "EXPLAIN":
      yield explainPair(job.record, job.demand, job.supply, tools);
      return;
    case "SIMULATE":
      yield* simulate(job.simulation, tools);
      return;
    case "SOLVE":
      yield solveSent(job, tools);
      return;
    case "EXPLAIN_SOLUTION":
      yield explainSent(job);
      return;
    case "SOLVE_ROUND":
      yield solveRoundJob(job, tools);
  }
}
