import type { SparseGraph } from "../graph.ts";
import type { AllocationPlan } from "../plan.ts";

/** A limit or share of one group, as the verifier reads it from the plan. */
export interface StatedLimit {
  readonly unitsMax: number;
  /** What a share promises, 0 for a limit. */
  readonly unitsMin: number;
  /** Whether the units of an edge count. */
  readonly counts: (edge: number) => boolean;
}

/**
 * The limits of a plan and, for `FAIR`, its shares, one per group, in the order of `facts.limits`: as stated, a limit of a whole grouping
 * by its values. Read anew from the plan, so that a solution cannot state others than it was given.
 */
export function statedLimits(
  graph: SparseGraph,
  { strategy, limits, shares = [], groups = [] }: AllocationPlan,
): StatedLimit[] {
  const wanted = graph.demandCapacity.reduce((sum, units) => sum + units, 0);
  const stated = [...(limits?.units ?? []), ...(strategy === "FAIR" ? shares : [])];
  return stated.flatMap((limit) => {
    const { grouping, value, unitsMax, unitsMin = 0 } = { unitsMin: 0, ...limit };
    const { side, of, values } = groups.find(({ name }) => name === grouping)!;
    const positions = side === "DEMAND" ? graph.demands : graph.supplies;
    const named = value === undefined ? values : [value];
    return named.map((name): StatedLimit => {
      const group = values.indexOf(name);
      // Nobody can be given more than all demands want together.
      const most = unitsMax ?? Math.max(wanted, unitsMin);
      return { unitsMax: most, unitsMin, counts: (edge) => of[positions[edge]!] === group };
    });
  });
}
