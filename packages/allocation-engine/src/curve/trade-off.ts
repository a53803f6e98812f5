import { type AllocationTools, allocate } from "../allocate.ts";
import { blockingPairs } from "../blocking-pairs.ts";
import type { SparseGraph } from "../graph.ts";
import { groupingOf } from "../groups.ts";
import type { AllocationPlan, ObjectiveData, Solution } from "../plan.ts";
import { type GroupOutcome, groupOutcomes, selectionRateRatio } from "./fairness.ts";

/** One weighting or strategy of a comparison. What the parties are is the comparison's, not the variant's. */
export interface Variant {
  readonly name: string;
  readonly plan: Omit<AllocationPlan, keyof ObjectiveData>;
}

/** What all variants are measured with. */
export interface TradeOffContext extends ObjectiveData {
  /** Which groupings fairness is reported for; absent: all that `groups` has. */
  readonly fairnessOf?: readonly string[];
  /** Blocking pairs are counted up to this many; default 1,000,000. */
  readonly blockingPairsMax?: number;
  readonly tools?: AllocationTools;
}

/** What one variant brings, side by side with the others. Scores and value are millionths. */
export interface TradeOffPoint {
  readonly name: string;
  readonly solution: Solution;
  /** Units given, of all units that demands want; 0 to 1. */
  readonly fill: number;
  /** Mean over pairs of the demand's score; 0 without pairs. */
  readonly meanQuality: number;
  /** Sum over pairs of the demand's score: the same measure for every variant, whatever it maximised. */
  readonly value: number;
  /** Mean over the units given of the seconds that their demand had waited; absent without waiting times. */
  readonly meanWaitSeconds?: number;
  readonly fairness: readonly Fairness[];
  readonly blockingPairs: number;
}

/** How evenly a grouping fares. */
export interface Fairness {
  readonly grouping: string;
  readonly groups: readonly GroupOutcome[];
  /** Lowest selection rate of a group over the highest, 0 to 1; 1 when nobody of any group was selected. */
  readonly selectionRateRatio: number;
}

const BLOCKING_PAIRS_MAX = 1_000_000;

/** The trade-off curve: every variant solved on the same graph and measured the same way, in the order given. */
export function tradeOff(
  graph: SparseGraph,
  variants: readonly Variant[],
  context: TradeOffContext = {},
): TradeOffPoint[] {
  const { groups, waiting, outside, tools } = context;
  const data: ObjectiveData = {
    ...(groups === undefined ? {} : { groups }),
    ...(waiting === undefined ? {} : { waiting }),
    ...(outside === undefined ? {} : { outside }),
  };
  return variants.map(({ name, plan }) => {
    const solution = allocate(graph, { ...plan, ...data }, tools);
    return { name, solution, ...measure(graph, solution, context) };
  });
}

/** What an assignment brings by every measure of the curve. */
export function measure(
  graph: SparseGraph,
  { assignment }: Pick<Solution, "assignment">,
  context: TradeOffContext = {},
): Omit<TradeOffPoint, "name" | "solution"> {
  const { waiting, groups = [], blockingPairsMax = BLOCKING_PAIRS_MAX } = context;
  let wanted = 0;
  for (const units of graph.demandCapacity) wanted += units;
  let [given, value, waited] = [0, 0, 0];
  for (const [at, edge] of assignment.edges.entries()) {
    const units = assignment.units[at]!;
    given += units;
    value += graph.demandScores[edge]!;
    waited += units * (waiting?.[graph.demands[edge]!] ?? 0);
  }
  const pairs = assignment.edges.length;
  return {
    fill: wanted === 0 ? 0 : given / wanted,
    meanQuality: pairs === 0 ? 0 : value / pairs,
    value,
    ...(waiting === undefined ? {} : { meanWaitSeconds: given === 0 ? 0 : waited / given }),
    fairness: (context.fairnessOf ?? groups.map(({ name }) => name)).map((name) => {
      const outcomes = groupOutcomes(graph, groupingOf(groups, name), assignment);
      return { grouping: name, groups: outcomes, selectionRateRatio: selectionRateRatio(outcomes) };
    }),
    blockingPairs: blockingPairs(graph, assignment, blockingPairsMax).length,
  };
}
