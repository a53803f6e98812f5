import { EngineError } from "./engine-error.ts";
import type { SparseGraph } from "./graph.ts";
import type { Grouping } from "./plan.ts";

/** In no group of a grouping. */
export const NO_GROUP = -1;

/**
 * The grouping of a name.
 *
 * @throws EngineError GROUPING_INVALID
 */
export function groupingOf(groupings: readonly Grouping[] | undefined, name: string): Grouping {
  const found = groupings?.find((grouping) => grouping.name === name);
  if (found === undefined) throw new EngineError("GROUPING_INVALID", `grouping ${name} is not given`);
  return found;
}

/**
 * The index of a group by its name.
 *
 * @throws EngineError GROUPING_INVALID
 */
export function valueIndex(grouping: Grouping, value: string): number {
  const index = grouping.values.indexOf(value);
  if (index < 0) throw new EngineError("GROUPING_INVALID", `grouping ${grouping.name} has no ${value}`);
  return index;
}

/**
 * Refuses groupings that do not fit the graph.
 *
 * @throws EngineError GROUPING_INVALID (a name or value twice, an index beyond the values), COLUMN_LENGTHS_DIFFER
 */
export function refuseBadGroupings(graph: SparseGraph, groupings: readonly Grouping[] = []): void {
  const names = new Set<string>();
  for (const { name, side, values, of } of groupings) {
    if (names.has(name)) throw new EngineError("GROUPING_INVALID", `grouping ${name} is given twice`);
    names.add(name);
    if (new Set(values).size !== values.length) {
      throw new EngineError("GROUPING_INVALID", `grouping ${name} names a value twice`);
    }
    const length = side === "DEMAND" ? graph.demandCapacity.length : graph.supplyCapacity.length;
    if (of.length !== length) {
      throw new EngineError("COLUMN_LENGTHS_DIFFER", `${name} has ${of.length} entries, its side ${length}`);
    }
    for (let position = 0; position < length; position++) {
      const group = of[position]!;
      if (!Number.isInteger(group) || group < NO_GROUP || group >= values.length) {
        throw new EngineError(
          "GROUPING_INVALID",
          `grouping ${name} puts ${position} into group ${group} of ${values.length}`,
        );
      }
    }
  }
}
