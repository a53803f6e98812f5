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
  const heldByDemand = heldBy(graph.demands, graph.demandCapacity.length, assignment, graph.demandScores);
  const heldBySupply = heldBy(graph.supplies, graph.supplyCapacity.length, assignment, graph.supplyScores);
  const pairs: BlockingPair[] = [];
  for (let edge = 0; edge < assigned.length && pairs.length < limit; edge++) {
    if (assigned[edge] === 1) continue;
    const demand = graph.demands[edge]!;
    const supply = graph.supplies[edge]!;
    const units = graph.unitMode === "WHOLE" ? graph.demandCapacity[demand]! : 1;
    if (units === 0) continue;
    if (!canHave(edge, units, graph.demandCapacity[demand]!, heldByDemand, demand)) continue;
    if (!canHave(edge, units, graph.supplyCapacity[supply]!, heldBySupply, supply)) continue;
    pairs.push({ edge, demandId: demandIdOf(graph, demand), supplyId: supplyIdOf(graph, supply) });
  }
  return pairs;
}

/** What each owner has: positions in the assignment, `order[offsets[owner]] .. order[offsets[owner + 1] - 1]`. */
interface Held {
  readonly assignment: Assignment;
  readonly scores: Int32Array;
  readonly offsets: Uint32Array;
  readonly order: Uint32Array;
  readonly total: Float64Array;
  /** Per owner: the edge it likes least, or `NOTHING`. */
  readonly worst: Uint32Array;
}

const NOTHING = 0xffffffff;

function heldBy(ownerOf: Uint32Array, owners: number, assignment: Assignment, scores: Int32Array): Held {
  const { edges, units } = assignment;
  const offsets = new Uint32Array(owners + 1);
  for (let at = 0; at < edges.length; at++) offsets[ownerOf[edges[at]!]! + 1]!++;
  for (let owner = 0; owner < owners; owner++) offsets[owner + 1]! += offsets[owner]!;
  const next = offsets.slice();
  const order = new Uint32Array(edges.length);
  const total = new Float64Array(owners);
  const worst = new Uint32Array(owners).fill(NOTHING);
  for (let at = 0; at < edges.length; at++) {
    const edge = edges[at]!;
    const owner = ownerOf[edge]!;
    order[next[owner]!++] = at;
    total[owner]! += units[at]!;
    if (worst[owner] === NOTHING || prefers(worst[owner]!, edge, scores)) worst[owner] = edge;
  }
  return { assignment, scores, offsets, order, total, worst };
}

/** Whether an owner has, or by dropping what it likes less could have, room for the units of an edge. */
function canHave(edge: number, units: number, capacity: number, held: Held, owner: number): boolean {
  if (capacity === UNLIMITED) return true;
  let room = capacity - held.total[owner]!;
  if (room >= units) return true;
  const worst = held.worst[owner]!;
  if (worst === NOTHING || !prefers(edge, worst, held.scores)) return false;
  const end = held.offsets[owner + 1]!;
  for (let place = held.offsets[owner]!; place < end && room < units; place++) {
    const at = held.order[place]!;
    if (prefers(edge, held.assignment.edges[at]!, held.scores)) room += held.assignment.units[at]!;
  }
  return room >= units;
}

function prefers(edge: number, other: number, scores: Int32Array): boolean {
  const difference = scores[edge]! - scores[other]!;
  return difference > 0 || (difference === 0 && edge < other);
}
