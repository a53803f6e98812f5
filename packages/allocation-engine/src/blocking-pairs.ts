import type { Assignment } from "./assignment.ts";
import { demandIdOf, type SparseGraph, supplyIdOf, UNLIMITED } from "./graph.ts";

/** A pair that is not assigned although both would rather have each other than what they have. */
export interface BlockingPair {
  readonly edge: number;
  readonly demandId: string;
  readonly supplyId: string;
}

/**
 * Finds pairs outside the assignment that block it: the demand has units missing or holds a supply it likes
 * less, and the supply has units left or could have them by dropping demands it likes less. Preference is the
 * own score, then the lower id of the other side. Ascending by edge.
 *
 * @param limit stop after this many, at least 1
 */
export function blockingPairs(graph: SparseGraph, assignment: Assignment, limit: number): BlockingPair[] {
  const assigned = new Uint8Array(graph.supplies.length);
  for (const edge of assignment.edges) assigned[edge] = 1;
  const heldByDemand = heldBy(graph.demands, graph.demandCapacity.length, assignment);
  const heldBySupply = heldBy(graph.supplies, graph.supplyCapacity.length, assignment);
  const pairs: BlockingPair[] = [];
  for (let edge = 0; edge < assigned.length && pairs.length < limit; edge++) {
    if (assigned[edge] === 1) continue;
    const demand = graph.demands[edge]!;
    const supply = graph.supplies[edge]!;
    const units = graph.unitMode === "WHOLE" ? graph.demandCapacity[demand]! : 1;
    if (units === 0) continue;
    const heldByOne = heldByDemand[demand]!;
    if (!canHave(edge, units, graph.demandCapacity[demand]!, heldByOne, graph.demandScores)) continue;
    const heldByOther = heldBySupply[supply]!;
    if (!canHave(edge, units, graph.supplyCapacity[supply]!, heldByOther, graph.supplyScores)) continue;
    pairs.push({ edge, demandId: demandIdOf(graph, demand), supplyId: supplyIdOf(graph, supply) });
  }
  return pairs;
}

interface Held {
  readonly edges: number[];
  readonly units: number[];
  total: number;
}

function heldBy(ownerOf: Uint32Array, owners: number, { edges, units }: Assignment): Held[] {
  const held = Array.from({ length: owners }, (): Held => ({ edges: [], units: [], total: 0 }));
  for (let position = 0; position < edges.length; position++) {
    const owner = held[ownerOf[edges[position]!]!]!;
    owner.edges.push(edges[position]!);
    owner.units.push(units[position]!);
    owner.total += units[position]!;
  }
  return held;
}

/** Whether an owner has, or by dropping what it likes less could have, room for the units of an edge. */
function canHave(edge: number, units: number, capacity: number, held: Held, scores: Int32Array): boolean {
  if (capacity === UNLIMITED) return true;
  let room = capacity - held.total;
  for (let at = 0; at < held.edges.length && room < units; at++) {
    if (prefers(edge, held.edges[at]!, scores)) room += held.units[at]!;
  }
  return room >= units;
}

function prefers(edge: number, other: number, scores: Int32Array): boolean {
  const difference = scores[edge]! - scores[other]!;
  return difference > 0 || (difference === 0 && edge < other);
}
