import { unitsOfPair } from "../assignment.ts";
import { type SparseGraph, UNLIMITED } from "../graph.ts";
import { type Caps, eachCap } from "./caps.ts";

/**
 * Columns that are taken or not: the greatest weight with, in every row, at most `bounds[row]` of the sizes taken. Generalised
 * assignment is of this form, and so is every graph with its limits. NP-hard in general.
 */
export interface Packing {
  /** By column, above 0. */
  readonly weights: ArrayLike<number>;
  /** Entries of column `c`: `offsets[c] .. offsets[c + 1] - 1`. */
  readonly offsets: Uint32Array;
  readonly rows: Uint32Array;
  /** By entry, above 0. */
  readonly sizes: Float64Array;
  /** By row, 0 or more. */
  readonly bounds: Float64Array;
}

/** Columns taken, and prices per row that bound what any choice is worth. */
export interface Packed {
  /** By column: 1 when taken. */
  readonly taken: Uint8Array;
  /** By row, 0 or more, per unit of size. */
  readonly prices: Float64Array;
  /** How it was found. */
  readonly method: string;
  /** What a search proved nothing exceeds, where it is lower than what the prices prove. */
  readonly searchBound?: number;
}

/** Solves a packing as well as it can. Same packing, same answer. */
export type PackingSolver = (packing: Packing) => Packed;

/** Rows: demands, then supplies, then caps. A column per edge. */
export function packingOf(graph: SparseGraph, weights: ArrayLike<number>, caps: Caps): Packing {
  const demands = graph.demandCapacity.length;
  const supplies = graph.supplyCapacity.length;
  const offsets = new Uint32Array(graph.supplies.length + 1);
  const rows: number[] = [];
  const sizes: number[] = [];
  for (let edge = 0; edge < graph.supplies.length; edge++) {
    // A demand of nothing has a bound of 0, so one unit keeps its pairs out.
    const units = Math.max(1, unitsOfPair(graph, graph.demands[edge]!));
    const put = (row: number): void => {
      rows.push(row);
      sizes.push(units);
    };
    put(graph.demands[edge]!);
    put(demands + graph.supplies[edge]!);
    eachCap(graph, caps, edge, (cap) => put(demands + supplies + cap));
    offsets[edge + 1] = rows.length;
  }
  return {
    weights,
    offsets,
    rows: Uint32Array.from(rows),
    sizes: Float64Array.from(sizes),
    bounds: Float64Array.from([
      ...graph.demandCapacity,
      ...Array.from(graph.supplyCapacity, (units) =>
        units === UNLIMITED ? Number.POSITIVE_INFINITY : units,
      ),
      ...caps.list.map((cap) => cap.unitsMax),
    ]),
  };
}

/** What the prices prove: no choice of columns is worth more. */
export function dualBound({ weights, offsets, rows, sizes, bounds }: Packing, prices: Float64Array): number {
  let bound = 0;
  for (let row = 0; row < bounds.length; row++) {
    if (prices[row]! > 0) bound += prices[row]! * bounds[row]!;
  }
  for (let column = 0; column < weights.length; column++) {
    let left = weights[column]!;
    for (let at = offsets[column]!; at < offsets[column + 1]!; at++) left -= sizes[at]! * prices[rows[at]!]!;
    if (left > 0) bound += left;
  }
  return bound;
}
