import { EngineError } from "./engine-error.ts";
import { type SparseGraph, UNLIMITED, type UnitMode } from "./graph.ts";
import { identity, stableOrder } from "./order.ts";

/** Columns of a graph without ids: edges in any order name demands and supplies by position. */
export interface PositionColumns {
  /** Default `SPREAD`. */
  readonly unitMode?: UnitMode;
  readonly demandCapacity: Int32Array;
  readonly supplyCapacity: Int32Array;
  readonly edgeDemands: Uint32Array;
  readonly edgeSupplies: Uint32Array;
  readonly demandScores: Int32Array;
  readonly supplyScores: Int32Array;
}

/** A graph, and for each of its edges where that stood in the columns. */
export interface PositionGraph {
  readonly graph: SparseGraph;
  readonly order: Uint32Array;
}

/**
 * Sorts columns into a graph whose positions are those of the columns. The order of the edges never shows in the graph.
 *
 * @throws EngineError COLUMN_LENGTHS_DIFFER, CAPACITY_INVALID, EDGE_OUT_OF_RANGE, EDGE_REPEATED
 */
export function graphOfPositions(columns: PositionColumns): PositionGraph {
  const { demandCapacity, supplyCapacity, edgeDemands, edgeSupplies } = columns;
  const edges = edgeDemands.length;
  if ([edgeSupplies, columns.demandScores, columns.supplyScores].some(({ length }) => length !== edges)) {
    throw new EngineError("COLUMN_LENGTHS_DIFFER", "the columns of the edges differ in length");
  }
  refuseNegative("demand", demandCapacity);
  refuseNegative("supply", supplyCapacity);
  refuseBeyond("demand", edgeDemands, demandCapacity.length);
  refuseBeyond("supply", edgeSupplies, supplyCapacity.length);
  const bySupply = stableOrder(identity(edges), edgeSupplies, supplyCapacity.length);
  const { order, offsets } = stableOrder(bySupply.order, edgeDemands, demandCapacity.length);
  const graph: SparseGraph = {
    unitMode: columns.unitMode ?? "SPREAD",
    demandCapacity,
    supplyCapacity,
    offsets,
    demands: order.map((edge) => edgeDemands[edge]!),
    supplies: order.map((edge) => edgeSupplies[edge]!),
    demandScores: Int32Array.from(order, (edge) => columns.demandScores[edge]!),
    supplyScores: Int32Array.from(order, (edge) => columns.supplyScores[edge]!),
  };
  refuseRepeated(graph);
  return { graph, order };
}

function refuseNegative(side: string, capacity: Int32Array): void {
  const at = capacity.findIndex((units) => units < 0);
  if (at < 0) return;
  throw new EngineError(
    "CAPACITY_INVALID",
    `${side} ${at} has capacity ${capacity[at]}; allowed: 0 to ${UNLIMITED}`,
  );
}

function refuseBeyond(side: string, positions: Uint32Array, count: number): void {
  const edge = positions.findIndex((position) => position >= count);
  if (edge < 0) return;
  throw new EngineError("EDGE_OUT_OF_RANGE", `edge ${edge} names ${side} ${positions[edge]} of ${count}`);
}

function refuseRepeated({ demands, supplies }: SparseGraph): void {
  for (let edge = 1; edge < demands.length; edge++) {
    if (demands[edge] !== demands[edge - 1] || supplies[edge] !== supplies[edge - 1]) continue;
    throw new EngineError("EDGE_REPEATED", `pair ${demands[edge]}, ${supplies[edge]} is listed twice`);
  }
}
