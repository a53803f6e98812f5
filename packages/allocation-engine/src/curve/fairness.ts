import type { Assignment } from "../assignment.ts";
import type { SparseGraph } from "../graph.ts";
import { NO_GROUP } from "../groups.ts";
import type { Grouping } from "../plan.ts";

/** How one group fares. */
export interface GroupOutcome {
  readonly value: string;
  /** Members that could be in some pair. */
  readonly eligible: number;
  /** Members that are in a pair. */
  readonly selected: number;
  /** `selected / eligible`; 0 without eligible members. */
  readonly selectionRate: number;
  /** Share of all units given, by all who are in any group or none; 0 to 1. */
  readonly exposureShare: number;
}

/** How each group of a grouping fares in an assignment, in the order of its values. */
export function groupOutcomes(
  graph: SparseGraph,
  grouping: Grouping,
  assignment: Assignment,
): GroupOutcome[] {
  const positions = grouping.side === "DEMAND" ? graph.demands : graph.supplies;
  const count = grouping.values.length;
  const eligible = membersIn(grouping, positions);
  const selected = membersIn(
    grouping,
    assignment.edges.map((edge) => positions[edge]!),
  );
  const units = new Float64Array(count);
  let given = 0;
  for (const [at, edge] of assignment.edges.entries()) {
    const group = grouping.of[positions[edge]!]!;
    given += assignment.units[at]!;
    if (group !== NO_GROUP) units[group]! += assignment.units[at]!;
  }
  return grouping.values.map((value, group) => ({
    value,
    eligible: eligible[group]!,
    selected: selected[group]!,
    selectionRate: eligible[group] === 0 ? 0 : selected[group]! / eligible[group]!,
    exposureShare: given === 0 ? 0 : units[group]! / given,
  }));
}

/**
 * The lowest selection rate over the highest, over groups that had somebody eligible. The four-fifths rule of the US Uniform
 * Guidelines on Employee Selection Procedures (29 CFR 1607.4 D) asks for 0.8.
 */
export function selectionRateRatio(outcomes: readonly GroupOutcome[]): number {
  const rates = outcomes.filter(({ eligible }) => eligible > 0).map(({ selectionRate }) => selectionRate);
  const highest = Math.max(0, ...rates);
  return highest === 0 ? 1 : Math.min(...rates) / highest;
}

/** By group: distinct members among positions. */
function membersIn({ of, values }: Grouping, positions: Uint32Array): Uint32Array {
  const seen = new Uint8Array(of.length);
  const members = new Uint32Array(values.length);
  for (const position of positions) {
    const group = of[position]!;
    if (seen[position] === 1 || group === NO_GROUP) continue;
    seen[position] = 1;
    members[group]!++;
  }
  return members;
}
