import { EngineError } from "../engine-error.ts";
import type { SparseGraph } from "../graph.ts";
import { groupingOf, NO_GROUP, valueIndex } from "../groups.ts";
import type { Grouping, MarketSide, UnitLimit } from "../plan.ts";

/** A limit on the units of one group, with the positions it counts. */
export interface Cap {
  readonly grouping: string;
  readonly value: string;
  readonly side: MarketSide;
  readonly unitsMax: number;
  /** What a share guarantees, 0 for a plain limit. */
  readonly unitsMin: number;
}

/** Which caps count the units of whom: those of position `p` are `caps[offsets[p]] .. caps[offsets[p + 1] - 1]`, ascending. */
export interface CapsOfSide {
  readonly offsets: Uint32Array;
  readonly caps: Uint32Array;
}

/** A limit as stated, or a share, which has a minimum too. */
export type StatedCap = UnitLimit & { readonly unitsMin?: number };

/** All unit limits of a plan, one cap per group; the units of a pair count in the caps of its demand and of its supply. */
export interface Caps {
  readonly list: readonly Cap[];
  readonly ofDemand: CapsOfSide;
  readonly ofSupply: CapsOfSide;
}

/**
 * Unit limits as caps, in stated order; a limit of a whole grouping becomes one cap per value, in the order of its values.
 *
 * @throws EngineError LIMIT_INVALID (units are no integers of 0 or more, or a minimum is above its maximum), GROUPING_INVALID
 */
export function compileCaps(
  graph: SparseGraph,
  limits: readonly StatedCap[] = [],
  groups: readonly Grouping[] = [],
): Caps {
  const list: Cap[] = [];
  const members: { readonly groups: Grouping; readonly group: number }[] = [];
  for (const { grouping, value, unitsMax, unitsMin = 0 } of limits) {
    const found = groupingOf(groups, grouping);
    if (!isUnits(unitsMax) || !isUnits(unitsMin) || unitsMin > unitsMax) {
      const stated = `${unitsMin} to ${unitsMax} units`;
      throw new EngineError("LIMIT_INVALID", `limit of ${grouping} ${value ?? "(each)"}: ${stated}`);
    }
    const wanted = value === undefined ? [...found.values.keys()] : [valueIndex(found, value)];
    for (const group of wanted) {
      list.push({ grouping, value: found.values[group]!, side: found.side, unitsMax, unitsMin });
      members.push({ groups: found, group });
    }
  }
  return {
    list,
    ofDemand: capsOfSide("DEMAND", graph.demandCapacity.length, members),
    ofSupply: capsOfSide("SUPPLY", graph.supplyCapacity.length, members),
  };
}

function isUnits(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function capsOfSide(
  side: MarketSide,
  length: number,
  members: readonly { readonly groups: Grouping; readonly group: number }[],
): CapsOfSide {
  const rows = rowsByGrouping(side, members);
  const offsets = new Uint32Array(length + 1);
  const caps: number[] = [];
  for (let position = 0; position < length; position++) {
    const own: number[] = [];
    for (const { of, capsOfGroup } of rows) {
      const group = of[position]!;
      if (group !== NO_GROUP) own.push(...(capsOfGroup.get(group) ?? []));
    }
    caps.push(...own.sort((a, b) => a - b));
    offsets[position + 1] = caps.length;
  }
  return { offsets, caps: Uint32Array.from(caps) };
}

interface GroupingRow {
  readonly of: ArrayLike<number>;
  readonly capsOfGroup: ReadonlyMap<number, readonly number[]>;
}

function rowsByGrouping(
  side: MarketSide,
  members: readonly { readonly groups: Grouping; readonly group: number }[],
): GroupingRow[] {
  const rows = new Map<Grouping, Map<number, number[]>>();
  for (const [cap, { groups, group }] of members.entries()) {
    if (groups.side !== side) continue;
    const row = rows.get(groups) ?? new Map<number, number[]>();
    row.set(group, [...(row.get(group) ?? []), cap]);
    rows.set(groups, row);
  }
  return [...rows].map(([{ of }, capsOfGroup]) => ({ of, capsOfGroup }));
}

/** Calls `visit` with every cap that counts the units of an edge. */
export function eachCap(graph: SparseGraph, caps: Caps, edge: number, visit: (cap: number) => void): void {
  const demand = graph.demands[edge]!;
  for (let at = caps.ofDemand.offsets[demand]!; at < caps.ofDemand.offsets[demand + 1]!; at++) {
    visit(caps.ofDemand.caps[at]!);
  }
  const supply = graph.supplies[edge]!;
  for (let at = caps.ofSupply.offsets[supply]!; at < caps.ofSupply.offsets[supply + 1]!; at++) {
    visit(caps.ofSupply.caps[at]!);
  }
}
