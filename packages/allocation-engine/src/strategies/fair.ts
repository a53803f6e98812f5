import { flowCounts, type LimitedFlow, limitedFlow } from "../limits/limited-flow.ts";
import { unitsByCap } from "../limits/prune.ts";
import { Taking } from "../limits/taking.ts";
import { bestFirst } from "../order.ts";
import { chosen, isSingle, keepsLimits, unlimited } from "./optimal.ts";
import type { Answer, Problem } from "./problem.ts";

/**
 * The greatest weight that grants groups their shares. First the guarantees: as many units as possible go to groups below their
 * `unitsMin`, counted over all groups together. Then, with these granted, the weight is maximised; what a group leaves of its share
 * anybody borrows, up to their own `unitsMax`. Exact where groups are nested or apart: the auction where its answer grants the
 * shares by itself, else at most three flows.
 *
 * Where groups overlap, or pairs carry several units, shares are granted by hand: best pairs first of groups below their share, then
 * best pairs first of the rest.
 */
export function fair(problem: Problem): Answer {
  const { graph, caps, weights, plan } = problem;
  if (!isSingle(graph)) return byHand(problem);
  const easy = unlimited(problem, plan.gap ?? 0);
  if (keepsLimits(problem, easy)) return easy;
  if (!flowCounts(caps)) return byHand(problem);
  const unitsMin = Float64Array.from(caps.list, (cap) => cap.unitsMin);
  const used = unitsByCap(graph, caps, easy.assignment.edges);
  if (caps.list.some(({ unitsMax }, cap) => used[cap]! > unitsMax)) {
    const free = limitedFlow(graph, weights, caps);
    if (free.units.every((units, cap) => units >= unitsMin[cap]!)) return answer(problem, free);
  }
  const lower = grantable(problem, unitsMin);
  return { ...answer(problem, limitedFlow(graph, weights, caps, { lower })), granted: lower };
}

/** By cap: how much of its minimum can be granted, as much as possible over all together. */
function grantable(problem: Problem, unitsMin: Float64Array): Float64Array {
  const { graph, caps, weights } = problem;
  // Where a plain way grants everything there is nothing to weigh.
  if (keepsLimits(problem, byHand(problem))) return unitsMin;
  const most = limitedFlow(graph, new Int32Array(weights.length), caps, { unitsMin, belowCost: -1 });
  return most.units.map((units, cap) => Math.min(units, unitsMin[cap]!));
}

function answer({ graph }: Problem, { edges, prices }: LimitedFlow): Answer {
  return { assignment: chosen(graph, edges), method: "min-cost flow", prices };
}

function byHand({ graph, caps, weights }: Problem): Answer {
  const taking = new Taking(graph, caps);
  const order = bestFirst(weights);
  const below = (cap: number): boolean => {
    const { unitsMax, unitsMin } = caps.list[cap]!;
    return unitsMax - taking.allowed[cap]! < unitsMin;
  };
  for (const edge of order) {
    if (countedBy(caps.ofDemand, graph.demands[edge]!).some(below)) taking.take(edge);
    else if (countedBy(caps.ofSupply, graph.supplies[edge]!).some(below)) taking.take(edge);
  }
  for (const edge of order) taking.take(edge);
  return { assignment: taking.assignment(order.length), method: "shares by hand" };
}

function countedBy(
  { offsets, caps }: { readonly offsets: Uint32Array; readonly caps: Uint32Array },
  position: number,
): number[] {
  return Array.from(caps.subarray(offsets[position]!, offsets[position + 1]!));
}
