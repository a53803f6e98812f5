import { type AllocationTools, EngineError, type Grouping, measure } from "@marketmesh/allocation-engine";
import { enginePlanOf, needsWaiting } from "../../domain/engine-plan.ts";
import type { PlanContent } from "../../domain/plan.ts";
import {
  type RecordedRound,
  type RoundRecord,
  recordedAssignment,
  solveAgain,
  unpackRound,
} from "./recorded-round.ts";

/** A plan of a curve. */
export interface CurvePlan {
  readonly label: string;
  readonly plan: PlanContent;
}

/** What one plan comes to, as the engine measures it. */
export interface CurvePoint {
  readonly label: string;
  readonly fill: number;
  readonly value: number;
  readonly meanQuality: number;
  readonly meanWaitSeconds: number | undefined;
  readonly blockingPairs: number;
  readonly gap: number | undefined;
  readonly recorded: boolean;
  readonly selectionRateRatio: number;
  readonly groups: readonly {
    readonly value: string;
    readonly eligible: number;
    readonly selected: number;
    readonly selectionRate: number;
    readonly exposureShare: number;
  }[];
}

/**
 * What the round decided, then each plan on the same graph. Plans whose strategy refuses the graph are left out.
 *
 * @param grouping by which fairness is told; empty: none
 */
export function tradeOffOf(
  record: RoundRecord,
  plans: readonly CurvePlan[],
  grouping: string,
  tools: AllocationTools,
): CurvePoint[] {
  const round = unpackRound(record);
  const groups = grouping === "" ? [] : [groupingOf(round, grouping)];
  const waiting = needsWaiting(round.plan)
    ? { waiting: Float64Array.from(round.graph.demandIds, waitedOf(round)) }
    : {};
  const pointOf = (
    label: string,
    graph: RecordedRound["graph"],
    assignment: Parameters<typeof measure>[1]["assignment"],
  ) => {
    const { fairness, meanWaitSeconds, ...point } = measure(graph, { assignment }, { groups, ...waiting });
    const { groups: fared = [], selectionRateRatio = 1 } = fairness[0] ?? {};
    return { ...point, label, meanWaitSeconds, groups: fared, selectionRateRatio };
  };
  const recorded = pointOf(round.plan.strategy, round.graph, recordedAssignment(round));
  return [
    { ...recorded, gap: undefined, recorded: true },
    ...plans.flatMap(({ label, plan }) => {
      try {
        const { graph, solution } = solveAgain(round, plan, tools);
        const point = pointOf(label, graph, solution.assignment);
        return [{ ...point, gap: solution.certificate?.gap, recorded: false }];
      } catch (error) {
        if (error instanceof EngineError) return [];
        throw error;
      }
    }),
  ];
}

function groupingOf({ plan, graph, demands, supplies }: RecordedRound, grouping: string): Grouping {
  // The engine's plan names a grouping only where something counts by it.
  const asked = enginePlanOf(
    { ...plan, objective: { groupBonuses: [{ grouping, value: "", bonus: 0 }] } },
    graph,
    demands,
    supplies,
    0,
  );
  return asked.groups!.find(({ name }) => name === grouping)!;
}

function waitedOf({ demands }: RecordedRound): (id: string) => number {
  const waited = new Map(demands.map(({ id, waited = 0 }) => [id, waited]));
  return (id) => waited.get(id) ?? 0;
}
