import { type AllocationTools, type Assignment, type Graph, measure } from "@marketmesh/allocation-engine";
import type { PlanContent } from "../../domain/plan.ts";
import { resultHash } from "../log-entry.ts";
import {
  pairsOf,
  type RecordedRound,
  type RoundRecord,
  recordedAssignment,
  solveAgain,
  unpackRound,
} from "./recorded-round.ts";

/** What a solution comes to, before anybody answers. Scores are millionths. */
export interface SolvedOutcome {
  readonly strategy: string;
  readonly pairs: number;
  readonly units: number;
  readonly fill: number;
  readonly value: number;
  readonly meanQuality: number;
  readonly blockingPairs: number;
  readonly hash: string;
  /** Undefined: nothing is proven; of what was recorded it stands in the log. */
  readonly gap: number | undefined;
}

/** A round beside what it would have been. */
export interface Replayed {
  readonly recorded: SolvedOutcome;
  readonly replayed: SolvedOutcome;
  readonly gained: number;
  readonly lost: number;
}

export function replayRound(record: RoundRecord, plan: PlanContent, tools: AllocationTools): Replayed {
  const round = unpackRound(record);
  const before = recordedAssignment(round);
  const { graph, solution } = solveAgain(round, plan, tools);
  const had = keysOf(round.graph, before);
  const has = keysOf(graph, solution.assignment);
  return {
    recorded: outcomeOf(round, round.graph, before, round.plan.strategy, undefined),
    replayed: outcomeOf(round, graph, solution.assignment, plan.strategy, solution.certificate?.gap),
    gained: has.difference(had).size,
    lost: had.difference(has).size,
  };
}

function outcomeOf(
  { graph: whole }: RecordedRound,
  graph: Graph,
  assignment: Assignment,
  strategy: string,
  gap: number | undefined,
): SolvedOutcome {
  const units = assignment.units.reduce((sum, one) => sum + one, 0);
  // Measured on the whole graph's wishes, whatever a plan looks at.
  const { fill, value, meanQuality, blockingPairs } = measure(
    { ...graph, demandCapacity: whole.demandCapacity },
    {
      assignment,
    },
  );
  const hash = resultHash(pairsOf(graph, assignment));
  const pairs = assignment.edges.length;
  return { strategy, pairs, units, fill, value, meanQuality, blockingPairs, hash, gap };
}

function keysOf(graph: Graph, assignment: Assignment): Set<string> {
  return new Set(pairsOf(graph, assignment).map(({ demand, supply }) => `${demand}\t${supply}`));
}
