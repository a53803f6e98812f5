import { type Assignment, assignmentOf } from "../assignment.ts";
import { deferredAcceptance, refuseWholeUnits } from "../deferred-acceptance.ts";
import type { SparseGraph } from "../graph.ts";
import type { Caps, CapsOfSide } from "../limits/caps.ts";
import { bestFirst } from "../order.ts";
import type { MarketSide } from "../plan.ts";

/**
 * Deferred acceptance where groups have limits too. Each side chooses as one: walking its edges by its own score (ties: lower edge) it
 * keeps what its capacities and its groups' limits allow. The proposing side proposes what it chooses of the edges not yet rejected,
 * the other keeps what it chooses of the proposals and rejects the rest, until nothing is rejected.
 *
 * Where the limits of a side are nested or apart its choice is a matroid's and the outcome is stable: no pair is left that both sides
 * would choose (T. Fleiner, "A Fixed-Point Approach to Stable Matchings", Math. of OR 28, 2003). Where they overlap the limits hold,
 * stability is not promised. Without limits this is `deferredAcceptance`. Time: O(edges) per round of rejections.
 *
 * @throws EngineError WHOLE_UNITS_UNSUPPORTED
 */
export function stable(graph: SparseGraph, proposing: MarketSide, caps?: Caps): Assignment {
  const limited = caps !== undefined && caps.list.length > 0;
  if (!limited) return deferredAcceptance(graph, { proposing });
  refuseWholeUnits(graph);
  const demandSide = chooser(graph.demands, graph.demandCapacity, graph.demandScores, caps, caps.ofDemand);
  const supplySide = chooser(graph.supplies, graph.supplyCapacity, graph.supplyScores, caps, caps.ofSupply);
  const [propose, keep] = proposing === "DEMAND" ? [demandSide, supplySide] : [supplySide, demandSide];
  const open = new Uint8Array(graph.supplies.length).fill(1);
  let proposals = 0;
  for (;;) {
    const proposed = propose(open);
    const kept = keep(proposed);
    let rejected = 0;
    for (let edge = 0; edge < open.length; edge++) {
      if (proposed[edge] === kept[edge]) continue;
      open[edge] = 0;
      rejected++;
    }
    proposals += rejected;
    if (rejected === 0) return assignmentOf(graph, kept, proposals);
  }
}

/** What a side chooses of marked edges: the best by its own score, as far as capacities and limits of its side go. */
function chooser(
  of: Uint32Array,
  capacity: Int32Array,
  scores: Int32Array,
  caps: Caps,
  { offsets, caps: counted }: CapsOfSide,
): (marks: Uint8Array) => Uint8Array {
  const order = bestFirst(scores);
  const unitsMax = Float64Array.from(caps.list, (cap) => cap.unitsMax);
  return (marks) => {
    const chosen = new Uint8Array(marks.length);
    const room = capacity.slice();
    const allowed = unitsMax.slice();
    for (let at = 0; at < order.length; at++) {
      const edge = order[at]!;
      const who = of[edge]!;
      if (marks[edge] === 0 || room[who] === 0 || !fits(who)) continue;
      room[who]!--;
      for (let cap = offsets[who]!; cap < offsets[who + 1]!; cap++) allowed[counted[cap]!]!--;
      chosen[edge] = 1;
    }
    return chosen;

    function fits(who: number): boolean {
      for (let cap = offsets[who]!; cap < offsets[who + 1]!; cap++) {
        if (allowed[counted[cap]!]! < 1) return false;
      }
      return true;
    }
  };
}
