import type { Assignment } from "./assignment.ts";
import { demandIdOf, type SparseGraph, supplyIdOf, UNLIMITED } from "./graph.ts";

/** One way in which an assignment breaks its graph. Positions are indexes of the graph or the assignment. */
export type Violation =
  | { readonly reason: "COLUMN_LENGTHS_DIFFER"; readonly edges: number; readonly units: number }
  | { readonly reason: "EDGE_UNKNOWN"; readonly position: number; readonly edge: number }
  | { readonly reason: "EDGE_OUT_OF_ORDER"; readonly position: number; readonly edge: number }
  | { readonly reason: "EDGE_REPEATED"; readonly position: number; readonly edge: number }
  | {
      readonly reason: "UNITS_WRONG";
      readonly position: number;
      readonly units: number;
      readonly expected: number;
    }
  | {
      readonly reason: "DEMAND_EXCEEDED";
      readonly demandId: string;
      readonly units: number;
      readonly capacity: number;
    }
  | {
      readonly reason: "SUPPLY_EXCEEDED";
      readonly supplyId: string;
      readonly units: number;
      readonly capacity: number;
    };

/**
 * Checks an assignment against its graph without knowing how it was made: every edge exists, stands once and in
 * order, carries the units a pair carries, and nobody's capacity is exceeded. Empty: it holds.
 */
export function verifyAssignment(graph: SparseGraph, assignment: Assignment): Violation[] {
  const { edges, units } = assignment;
  if (edges.length !== units.length) {
    return [{ reason: "COLUMN_LENGTHS_DIFFER", edges: edges.length, units: units.length }];
  }
  const violations: Violation[] = [];
  const given = new Float64Array(graph.demandCapacity.length);
  const taken = new Float64Array(graph.supplyCapacity.length);
  const seen = new Uint8Array(graph.supplies.length);
  for (let position = 0; position < edges.length; position++) {
    const edge = edges[position]!;
    if (edge >= graph.supplies.length) {
      violations.push({ reason: "EDGE_UNKNOWN", position, edge });
      continue;
    }
    if (seen[edge] === 1) violations.push({ reason: "EDGE_REPEATED", position, edge });
    else if (position > 0 && edges[position - 1]! > edge) {
      violations.push({ reason: "EDGE_OUT_OF_ORDER", position, edge });
    }
    seen[edge] = 1;
    const demand = demandOf(graph, edge);
    const expected = graph.unitMode === "SPREAD" ? 1 : graph.demandCapacity[demand]!;
    if (units[position] !== expected || expected === 0) {
      violations.push({ reason: "UNITS_WRONG", position, units: units[position]!, expected });
    }
    given[demand]! += units[position]!;
    taken[graph.supplies[edge]!]! += units[position]!;
  }
  return [...violations, ...exceededDemands(graph, given), ...exceededSupplies(graph, taken)];
}

/** Reads the row from the offsets, so that a wrong `demands` column would show. */
function demandOf(graph: SparseGraph, edge: number): number {
  let low = 0;
  let high = graph.demandCapacity.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (graph.offsets[middle]! <= edge) low = middle;
    else high = middle - 1;
  }
  return low;
}

function exceededDemands(graph: SparseGraph, given: Float64Array): Violation[] {
  const violations: Violation[] = [];
  for (const [demand, capacity] of graph.demandCapacity.entries()) {
    const units = given[demand]!;
    const demandId = demandIdOf(graph, demand);
    if (units > capacity) violations.push({ reason: "DEMAND_EXCEEDED", demandId, units, capacity });
  }
  return violations;
}

function exceededSupplies(graph: SparseGraph, taken: Float64Array): Violation[] {
  const violations: Violation[] = [];
  for (const [supply, capacity] of graph.supplyCapacity.entries()) {
    const units = taken[supply]!;
    const supplyId = supplyIdOf(graph, supply);
    const exceeded = capacity !== UNLIMITED && units > capacity;
    if (exceeded) violations.push({ reason: "SUPPLY_EXCEEDED", supplyId, units, capacity });
  }
  return violations;
}
