import { assignmentOf } from "../assignment.ts";
import { flowCounts, type LimitedFlow, limitedFlow } from "../limits/limited-flow.ts";
import { Taking } from "../limits/taking.ts";
import { bestFirst } from "../order.ts";
import type { Answer, Problem } from "./problem.ts";

/**
 * The greatest weight that grants groups their shares. First the guarantees: as many units as possible go to groups below their
 * `unitsMin`, counted over all groups together. Then, with these granted, the weight is maximised; what a group leaves of its share
 * anybody borrows, up to their own `unitsMax`. Exact, by at most three flows, where groups are nested or apart.
 *
 * Where groups overlap, or pairs carry several units, shares are granted by hand: best pairs first of groups below their share, then
 * best pairs first of the rest.
 */
export function fair(problem: Problem): Answer {
  const { graph, caps, weights } = problem;
  const unitsMin = Float64Array.from(caps.list, (cap) => cap.unitsMin);
  const single = graph.unitMode === "SPREAD" || graph.demandCapacity.every((units) => units <= 1);
  if (!single || !flowCounts(caps)) return byHand(problem);
  const free = limitedFlow(graph, weights, caps);
  if (granted(free, unitsMin)) return answer(problem, free, undefined);
  const most = limitedFlow(graph, new Int32Array(weights.length), caps, { unitsMin, belowCost: -1 });
  const lower = most.units.map((units, cap) => Math.min(units, unitsMin[cap]!));
  return answer(problem, limitedFlow(graph, weights, caps, { lower }), lower);
}

function granted({ units }: LimitedFlow, unitsMin: ArrayLike<number>): boolean {
  return units.every((own, cap) => own >= unitsMin[cap]!);
}

function answer({ graph }: Problem, { edges, prices }: LimitedFlow, lower: Float64Array | undefined): Answer {
  const marks = new Uint8Array(graph.supplies.length);
  for (const edge of edges) marks[edge] = 1;
  return {
    assignment: assignmentOf(graph, marks, 0),
    method: "min-cost flow",
    prices,
    ...(lower === undefined ? {} : { granted: lower }),
  };
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
