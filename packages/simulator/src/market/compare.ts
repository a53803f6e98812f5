import type { Behaviour } from "./behaviour.ts";
import type { MarketPlan } from "./decider.ts";
import { type Estimate, estimateOf } from "./estimate.ts";
import { type MarketRules, playMarket } from "./market-run.ts";
import type { RunOutcome } from "./outcome.ts";
import type { CompiledScenario } from "./scenario.ts";

/** Plans that are played against each other: each with each seed, under the same circumstances. */
export interface Comparison {
  readonly scenario: CompiledScenario;
  readonly plans: readonly MarketPlan[];
  readonly behaviour: Behaviour;
  readonly rules: MarketRules;
  readonly seeds: readonly number[];
}

/** One run of a comparison. */
export interface ComparedRun {
  /** Position of the plan. */
  readonly plan: number;
  readonly seed: number;
  readonly outcome: RunOutcome;
}

/** Plays the runs one by one, seed by seed; who has seen enough stops asking. */
export function* runsOf({ scenario, plans, behaviour, rules, seeds }: Comparison): Generator<ComparedRun> {
  for (const seed of seeds) {
    for (const [plan, played] of plans.entries()) {
      yield { plan, seed, outcome: playMarket(scenario, played, behaviour, rules, seed) };
    }
  }
}

const measures = [
  "fill",
  "value",
  "meanQuality",
  "timeToFill",
  "offers",
  "acceptance",
  "exposure",
  "noShows",
  "waves",
] as const satisfies readonly (keyof RunOutcome)[];

export type Measure = (typeof measures)[number];

/** What is an average within a run says nothing of a run without any: what each is taken over. */
const averagedOver: Partial<Record<Measure, "taken" | "offers">> = {
  meanQuality: "taken",
  timeToFill: "taken",
  acceptance: "offers",
  exposure: "offers",
};

/** What a plan comes to over its runs. Averages are over the runs that had something to average, 0 where none had. */
export type PlanOutcome = Readonly<Record<Measure, Estimate>> & {
  /** The hashes of its runs, by seed in the order played. */
  readonly hashes: readonly string[];
};

const nothing: Estimate = { mean: 0, low: 0, high: 0 };

export function planOutcome(runs: readonly RunOutcome[]): PlanOutcome {
  const estimates = measures.map((measure) => {
    const over = averagedOver[measure];
    const counted = over === undefined ? runs : runs.filter((run) => run[over] > 0);
    return [measure, counted.length > 0 ? estimateOf(counted.map((run) => run[measure])) : nothing] as const;
  });
  return {
    ...(Object.fromEntries(estimates) as Record<Measure, Estimate>),
    hashes: runs.map(({ hash }) => hash),
  };
}
