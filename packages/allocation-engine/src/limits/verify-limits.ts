import type { Assignment } from "../assignment.ts";
import type { SparseGraph } from "../graph.ts";
import type { AllocationPlan, PinRefusal, RefusedPin } from "../plan.ts";
import { nameOf, pinsRefused } from "./pins-refused.ts";

/** One way in which an assignment breaks what a plan states. */
export type LimitViolation =
  | {
      readonly reason: "LIMIT_EXCEEDED";
      readonly grouping: string;
      readonly value: string;
      readonly units: number;
      readonly unitsMax: number;
    }
  | { readonly reason: "EXCLUDED_PAIR"; readonly demand: number; readonly supply: number }
  | { readonly reason: "PIN_MISSING"; readonly demand: number; readonly supply: number }
  | {
      readonly reason: "PIN_REFUSAL_WRONG";
      readonly demand: number;
      readonly supply: number;
      readonly stated: PinRefusal | undefined;
      /** What graph and plan say; absent: the pin has its place. */
      readonly refusal: PinRefusal | undefined;
    };

/** What of a plan is verified. */
export type StatedLimits = Pick<AllocationPlan, "limits" | "groups" | "shares"> & {
  /** Shares limit `FAIR` only; absent: they count. */
  readonly strategy?: AllocationPlan["strategy"];
};

/**
 * Checks an assignment against the hard limits of a plan without knowing how it was made: no group above its maximum (of limits and
 * of shares), no excluded pair, every pin in that graph and plan have a place for. Empty: they hold.
 *
 * @param refusedPins what was reported; it is not believed: it must be what graph and plan say. Absent: not checked
 */
export function verifyLimits(
  graph: SparseGraph,
  plan: StatedLimits,
  assignment: Assignment,
  refusedPins?: readonly RefusedPin[],
): LimitViolation[] {
  const { strategy = "FAIR", limits = {}, groups = [], shares = [] } = plan;
  const maxima = [...(limits.units ?? []), ...(strategy === "FAIR" ? shares : [])];
  const units = unitsByGroup(graph, groups, assignment);
  const violations: LimitViolation[] = [];
  for (const { grouping, value, unitsMax } of maxima) {
    for (const [group, used] of units.get(grouping) ?? []) {
      const counts = value === undefined || value === group;
      if (!counts || unitsMax === undefined || used <= unitsMax) continue;
      violations.push({ reason: "LIMIT_EXCEEDED", grouping, value: group, units: used, unitsMax });
    }
  }
  const given = new Set(
    Array.from(assignment.edges, (edge) => `${demandOf(graph, edge)}>${graph.supplies[edge]}`),
  );
  for (const pair of limits.exclusions ?? []) {
    if (given.has(nameOf(pair)))
      violations.push({ reason: "EXCLUDED_PAIR", demand: pair.demand, supply: pair.supply });
  }
  const refused = pinsRefused(graph, plan, maxima);
  const reported = refusedPins && new Map(refusedPins.map((pin) => [nameOf(pin), pin.reason]));
  for (const { demand, supply } of limits.pins ?? []) {
    const name = nameOf({ demand, supply });
    const refusal = refused.get(name);
    const stated = reported?.get(name);
    if (reported !== undefined && stated !== refusal) {
      violations.push({ reason: "PIN_REFUSAL_WRONG", demand, supply, stated, refusal });
    } else if (refusal === undefined && !given.has(name)) {
      violations.push({ reason: "PIN_MISSING", demand, supply });
    }
  }
  return violations;
}

/** By name of the grouping: units that the assignment gives to each of its groups. */
function unitsByGroup(
  graph: SparseGraph,
  groups: NonNullable<StatedLimits["groups"]>,
  { edges, units }: Assignment,
): Map<string, Map<string, number>> {
  return new Map(
    groups.map(({ name, side, values, of }) => {
      const used = new Map<string, number>();
      for (const [at, edge] of edges.entries()) {
        const position = side === "DEMAND" ? demandOf(graph, edge) : graph.supplies[edge]!;
        const value = values[of[position]!];
        if (value !== undefined) used.set(value, (used.get(value) ?? 0) + units[at]!);
      }
      return [name, used];
    }),
  );
}

/** Reads the row from the offsets, so that a wrong `demands` column would show. */
function demandOf({ offsets }: SparseGraph, edge: number): number {
  let low = 0;
  let high = offsets.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (offsets[middle]! <= edge) low = middle;
    else high = middle - 1;
  }
  return low;
}
