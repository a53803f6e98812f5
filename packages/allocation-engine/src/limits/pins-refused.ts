import { type SparseGraph, UNLIMITED } from "../graph.ts";
import type { GroupShare, Pair, PinRefusal, UnitLimit } from "../plan.ts";
import type { StatedLimits } from "./verify-limits.ts";

/** What the verifier knows a pair by. */
export function nameOf({ demand, supply }: Pair): string {
  return `${demand}>${supply}`;
}

/**
 * Pins that graph and plan leave no place for, with the reason, as the rule says: pins go in by ascending demand, then supply, as long
 * as each is eligible, not excluded and within capacities and limits. For the verifier: shares no code with what decides.
 */
export function pinsRefused(
  graph: SparseGraph,
  { limits = {}, groups = [] }: StatedLimits,
  maxima: readonly (UnitLimit | GroupShare)[],
): Map<string, PinRefusal> {
  const excluded = new Set(limits.exclusions?.map(nameOf));
  const wanted = graph.demandCapacity.slice();
  const left = graph.supplyCapacity.slice();
  const used = new Map<string, number>();
  const taken = new Set<string>();
  const refused = new Map<string, PinRefusal>();
  const pins = [...(limits.pins ?? [])].sort((a, b) => a.demand - b.demand || a.supply - b.supply);
  for (const pin of pins) {
    const { demand, supply } = pin;
    const units = graph.unitMode === "WHOLE" ? graph.demandCapacity[demand]! : 1;
    const rooms = roomsOf(pin);
    const reason = refusal(pin, units, rooms);
    if (reason !== undefined) {
      refused.set(nameOf(pin), reason);
      continue;
    }
    if (taken.has(nameOf(pin))) continue;
    taken.add(nameOf(pin));
    wanted[demand]! -= units;
    if (left[supply] !== UNLIMITED) left[supply]! -= units;
    for (const { key } of rooms) used.set(key, (used.get(key) ?? 0) + units);
  }
  return refused;

  function refusal(
    pin: Pair,
    units: number,
    rooms: readonly { key: string; most: number }[],
  ): PinRefusal | undefined {
    if (!isEligible(graph, pin)) return "INELIGIBLE";
    if (excluded.has(nameOf(pin))) return "EXCLUDED";
    if (taken.has(nameOf(pin))) return undefined;
    if (units === 0 || wanted[pin.demand]! < units || left[pin.supply]! < units) return "NO_CAPACITY";
    return rooms.some(({ key, most }) => (used.get(key) ?? 0) + units > most) ? "LIMIT" : undefined;
  }

  /** The maxima that count the units of a pair, one per group. */
  function roomsOf({ demand, supply }: Pair): { key: string; most: number }[] {
    return maxima.flatMap(({ grouping, value, unitsMax }, at) => {
      const found = groups.find(({ name }) => name === grouping);
      const group = found?.values[found.of[found.side === "DEMAND" ? demand : supply]!];
      const counts = group !== undefined && (value === undefined || value === group);
      return counts && unitsMax !== undefined ? [{ key: `${at} ${group}`, most: unitsMax }] : [];
    });
  }
}

function isEligible({ offsets, supplies }: SparseGraph, { demand, supply }: Pair): boolean {
  for (let edge = offsets[demand]!; edge < offsets[demand + 1]!; edge++) {
    if (supplies[edge] === supply) return true;
  }
  return false;
}
