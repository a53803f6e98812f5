import { compareBytewise } from "./bytewise.ts";
import { EngineError } from "./engine-error.ts";
import { identity, stableOrder } from "./order.ts";

/** Capacity of something that is never used up: a dataset that any number may read. */
export const UNLIMITED = 0x7fffffff;

/**
 * How many units one pair carries.
 *
 * - `SPREAD`: one. A demand of five units needs five supplies: a person fills one opening of a job.
 * - `WHOLE`: all of the demand's units or none. Seven chairs come from one seller.
 */
export type UnitMode = "SPREAD" | "WHOLE";

/**
 * Who may be given to whom, as compressed sparse rows: the edges of demand `d` are
 * `offsets[d] .. offsets[d + 1] - 1`, in ascending supply order. Every tie is broken by position: of two demands, supplies or
 * edges the lower index goes first.
 */
export interface SparseGraph {
  readonly unitMode: UnitMode;
  /** What positions are called in what is said about the graph; absent: by their numbers. */
  readonly demandIds?: readonly string[];
  readonly supplyIds?: readonly string[];
  /** Units wanted, 0 or more. */
  readonly demandCapacity: Int32Array;
  /** Units there are, 0 or more; `UNLIMITED` where use takes nothing away. */
  readonly supplyCapacity: Int32Array;
  /** Length: demands + 1. */
  readonly offsets: Uint32Array;
  /** Per edge: index of its demand. */
  readonly demands: Uint32Array;
  /** Per edge: index of its supply. */
  readonly supplies: Uint32Array;
  /** Per edge: how the demand sees the supply, in millionths, higher is better. */
  readonly demandScores: Int32Array;
  /** Per edge: how the supply sees the demand, in millionths, higher is better. */
  readonly supplyScores: Int32Array;
}

/**
 * A sparse graph whose ids are sorted bytewise, so a lower index is a lower id, and of two edges of the same demand (or of the
 * same supply) the lower edge index has the lower id on the other side.
 */
export interface Graph extends SparseGraph {
  /** Distinct, ascending bytewise. */
  readonly demandIds: readonly string[];
  /** Distinct, ascending bytewise. */
  readonly supplyIds: readonly string[];
}

/** What a demand is called: its id, or its position where the graph has no ids. */
export function demandIdOf(graph: SparseGraph, demand: number): string {
  return graph.demandIds?.[demand] ?? String(demand);
}

/** What a supply is called: its id, or its position where the graph has no ids. */
export function supplyIdOf(graph: SparseGraph, supply: number): string {
  return graph.supplyIds?.[supply] ?? String(supply);
}

/** Columns in any order; edges point at positions in the two id columns. */
export interface GraphColumns {
  /** Default `SPREAD`. */
  readonly unitMode?: UnitMode;
  readonly demandIds: readonly string[];
  readonly demandCapacity: ArrayLike<number>;
  readonly supplyIds: readonly string[];
  readonly supplyCapacity: ArrayLike<number>;
  readonly edgeDemands: ArrayLike<number>;
  readonly edgeSupplies: ArrayLike<number>;
  readonly demandScores: ArrayLike<number>;
  readonly supplyScores: ArrayLike<number>;
}

/**
 * Sorts the columns into a graph. The order of the input never shows in the result.
 *
 * @throws EngineError COLUMN_LENGTHS_DIFFER, ID_REPEATED, CAPACITY_INVALID, EDGE_OUT_OF_RANGE, EDGE_REPEATED,
 *   SCORE_INVALID (scores and capacities are integers of 32 bits, capacities 0 or more)
 */
export function buildGraph(columns: GraphColumns): Graph {
  refuseUnevenColumns(columns);
  const demands = sortSide("demand", columns.demandIds, columns.demandCapacity);
  const supplies = sortSide("supply", columns.supplyIds, columns.supplyCapacity);
  const edgeDemands = renumber("demand", columns.edgeDemands, demands.rankOf);
  const edgeSupplies = renumber("supply", columns.edgeSupplies, supplies.rankOf);
  const bySupply = stableOrder(identity(edgeSupplies.length), edgeSupplies, supplies.ids.length);
  const order = stableOrder(bySupply.order, edgeDemands, demands.ids.length);
  const graph: Graph = {
    unitMode: columns.unitMode ?? "SPREAD",
    demandIds: demands.ids,
    supplyIds: supplies.ids,
    demandCapacity: demands.capacity,
    supplyCapacity: supplies.capacity,
    offsets: order.offsets,
    demands: pick(edgeDemands, order.order),
    supplies: pick(edgeSupplies, order.order),
    demandScores: pickScores("demandScores", columns.demandScores, order.order),
    supplyScores: pickScores("supplyScores", columns.supplyScores, order.order),
  };
  refuseRepeatedEdges(graph);
  return graph;
}

function refuseUnevenColumns(columns: GraphColumns): void {
  const edges = columns.edgeDemands.length;
  const even =
    columns.demandIds.length === columns.demandCapacity.length &&
    columns.supplyIds.length === columns.supplyCapacity.length &&
    [columns.edgeSupplies, columns.demandScores, columns.supplyScores].every(
      (column) => column.length === edges,
    );
  if (!even)
    throw new EngineError("COLUMN_LENGTHS_DIFFER", "columns of one side or of the edges differ in length");
}

interface Side {
  readonly ids: readonly string[];
  readonly capacity: Int32Array;
  /** Position in the input -> position in `ids`. */
  readonly rankOf: Uint32Array;
}

function sortSide(side: string, ids: readonly string[], capacity: ArrayLike<number>): Side {
  const order = identity(ids.length).sort((a, b) => compareBytewise(ids[a]!, ids[b]!));
  const rankOf = new Uint32Array(ids.length);
  const sorted: string[] = [];
  const sortedCapacity = new Int32Array(ids.length);
  for (let rank = 0; rank < order.length; rank++) {
    const position = order[rank]!;
    const id = ids[position]!;
    const units = capacity[position]!;
    if (rank > 0 && sorted[rank - 1] === id)
      throw new EngineError("ID_REPEATED", `${side} ${id} is listed twice`);
    if ((units | 0) !== units || units < 0) {
      throw new EngineError(
        "CAPACITY_INVALID",
        `${side} ${id} has capacity ${units}; allowed: 0 to ${UNLIMITED}`,
      );
    }
    rankOf[position] = rank;
    sorted.push(id);
    sortedCapacity[rank] = units;
  }
  return { ids: sorted, capacity: sortedCapacity, rankOf };
}

function renumber(side: string, positions: ArrayLike<number>, rankOf: Uint32Array): Uint32Array {
  const ranks = new Uint32Array(positions.length);
  for (let edge = 0; edge < positions.length; edge++) {
    const rank = rankOf[positions[edge]!];
    if (rank === undefined) {
      throw new EngineError(
        "EDGE_OUT_OF_RANGE",
        `edge ${edge} names ${side} ${positions[edge]} of ${rankOf.length}`,
      );
    }
    ranks[edge] = rank;
  }
  return ranks;
}

function pick(column: Uint32Array, order: Uint32Array): Uint32Array {
  const picked = new Uint32Array(order.length);
  for (let index = 0; index < order.length; index++) picked[index] = column[order[index]!]!;
  return picked;
}

function pickScores(name: string, column: ArrayLike<number>, order: Uint32Array): Int32Array {
  const picked = new Int32Array(order.length);
  for (let index = 0; index < order.length; index++) {
    const score = column[order[index]!]!;
    if ((score | 0) !== score) {
      throw new EngineError(
        "SCORE_INVALID",
        `${name} of edge ${order[index]} is ${score}, not an integer of 32 bits`,
      );
    }
    picked[index] = score;
  }
  return picked;
}

function refuseRepeatedEdges({ demands, supplies, demandIds, supplyIds }: Graph): void {
  for (let edge = 1; edge < demands.length; edge++) {
    const demand = demands[edge]!;
    const supply = supplies[edge]!;
    if (demand === demands[edge - 1] && supply === supplies[edge - 1]) {
      throw new EngineError(
        "EDGE_REPEATED",
        `pair ${demandIds[demand]}, ${supplyIds[supply]} is listed twice`,
      );
    }
  }
}
