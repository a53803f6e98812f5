import type { AllocationTools } from "@marketmesh/allocation-engine";
import {
  type Behaviour,
  type CompiledScenario,
  compileScenario,
  enginePlan,
  type MarketRules,
  type Participant,
  type RunOutcome,
  runsOf,
  type ScenarioPair,
} from "@marketmesh/simulator";
import { enginePlanOf } from "../../domain/engine-plan.ts";
import type { SnapshotLevel } from "../../domain/round-snapshot.ts";
import { type RecordedRound, type RoundRecord, unpackRound } from "./recorded-round.ts";
import type { CurvePlan } from "./trade-off.ts";

/** Recorded rounds as the market that they saw, and what is to be tried on it. */
export interface Simulation {
  readonly rounds: readonly RoundRecord[];
  /** By round: seconds of market time since the first. */
  readonly times: readonly number[];
  readonly plans: readonly CurvePlan[];
  readonly behaviour: Behaviour;
  readonly rules: MarketRules;
  readonly seeds: readonly number[];
}

/** One run of a plan by a seed. */
export interface SimulatedRun {
  readonly plan: number;
  readonly outcome: RunOutcome;
}

/** Plans decide as rounds do, with the same tools. */
export function* simulate(simulation: Simulation, tools: AllocationTools): Generator<SimulatedRun> {
  const { scenario, demands, supplies } = marketOf(simulation);
  const plans = simulation.plans.map(({ label, plan }) => {
    const asked = enginePlanOf(plan, scenario.graph, demands, supplies, 0);
    const { seed: _, waiting: __, ...standing } = asked;
    const { answeredBy, plannedRounds = 0 } = plan;
    return enginePlan(label, standing, { answered: answeredBy !== undefined, plannedRounds, tools });
  });
  const { behaviour, rules, seeds } = simulation;
  for (const { plan, outcome } of runsOf({ scenario, plans, behaviour, rules, seeds }))
    yield { plan, outcome };
}

interface RecordedMarket {
  readonly scenario: CompiledScenario;
  readonly demands: readonly SnapshotLevel[];
  readonly supplies: readonly SnapshotLevel[];
}

/** Who is in a round arrives with it, with the units and pairs of the first round that saw them; nobody leaves. */
function marketOf({ rounds, times }: Simulation): RecordedMarket {
  const demands = new Map<string, Participant>();
  const supplies = new Map<string, Participant>();
  const pairs = new Map<string, ScenarioPair>();
  const levels = { demands: new Map<string, SnapshotLevel>(), supplies: new Map<string, SnapshotLevel>() };
  let unitMode: RecordedRound["graph"]["unitMode"] = "SPREAD";
  for (const [at, record] of rounds.entries()) {
    const round = unpackRound(record);
    const { graph } = round;
    const arrives = times[at]!;
    unitMode = graph.unitMode;
    arrive(demands, graph.demandIds, graph.demandCapacity, arrives);
    arrive(supplies, graph.supplyIds, graph.supplyCapacity, arrives);
    for (const level of round.demands) if (!levels.demands.has(level.id)) levels.demands.set(level.id, level);
    for (const level of round.supplies)
      if (!levels.supplies.has(level.id)) levels.supplies.set(level.id, level);
    for (let edge = 0; edge < graph.demands.length; edge++) {
      const demand = graph.demandIds[graph.demands[edge]!]!;
      const supply = graph.supplyIds[graph.supplies[edge]!]!;
      const key = `${demand}\t${supply}`;
      if (pairs.has(key)) continue;
      const demandScore = graph.demandScores[edge]!;
      pairs.set(key, { demand, supply, demandScore, supplyScore: graph.supplyScores[edge]! });
    }
  }
  return {
    scenario: compileScenario({
      unitMode,
      demands: [...demands.values()],
      supplies: [...supplies.values()],
      pairs: [...pairs.values()],
    }),
    demands: [...levels.demands.values()],
    supplies: [...levels.supplies.values()],
  };
}

function arrive(
  side: Map<string, Participant>,
  ids: readonly string[],
  capacity: Int32Array,
  arrives: number,
): void {
  for (const [at, id] of ids.entries())
    if (!side.has(id)) side.set(id, { id, units: capacity[at]!, arrives });
}
