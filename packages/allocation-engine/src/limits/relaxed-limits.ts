import type { Assignment } from "../assignment.ts";
import { optimal } from "../optimal/optimal.ts";
import { bestFirst } from "../order.ts";
import type { Answer, Problem } from "../strategies/problem.ts";
import { type Caps, eachCap } from "./caps.ts";
import { unitsByCap } from "./prune.ts";
import { Taking } from "./taking.ts";

const TURNS = 40;
const PATIENCE = 3;
/** Prices of limits need no more of the inner solves than this. */
const INNER_GAP = 1e-4;

/**
 * Single units under limits that overlap: only the limits get prices, by subgradient steps, and what is left without them is a
 * b-matching that `optimal` solves nearly exactly. Every step gives a bound and, repaired, a choice; the lowest and the best are
 * kept. The gap between them is honest (M. L. Fisher, Management Science 27 (1981)). Time: at most `TURNS` solves of `optimal`.
 */
export function relaxedLimits(problem: Problem): Answer {
  const { graph, caps, weights } = problem;
  const byWeight = bestFirst(weights);
  let limitPrices = new Float64Array(caps.list.length);
  let best = { assignment: new Taking(graph).assignment(0), worth: Number.NEGATIVE_INFINITY };
  let lowest = { bound: Number.POSITIVE_INFINITY, prices: pricesOf(problem, limitPrices) };
  let step = 1;
  for (let turn = 0, waited = 0; turn < TURNS && best.worth < lowest.bound; turn++) {
    const reduced = lessLimits(problem, limitPrices);
    const { assignment, certificate } = optimal(graph, reduced, { gap: INNER_GAP });
    const { demandPrices, supplyPrices } = certificate;
    const bound = caps.list.reduce(
      (sum, { unitsMax }, cap) => sum + unitsMax * limitPrices[cap]!,
      certificate.dual,
    );
    if (bound < lowest.bound) {
      lowest = { bound, prices: { demandPrices, supplyPrices, limitPrices } };
      waited = 0;
    } else if (++waited === PATIENCE) {
      step /= 2;
      waited = 0;
    }
    const repaired = repair(problem, assignment, byWeight);
    if (repaired.worth > best.worth) best = repaired;
    limitPrices = stepped(limitPrices, caps, unitsByCap(graph, caps, assignment.edges), {
      step,
      missing: Math.max(1, lowest.bound - best.worth),
    });
  }
  return { assignment: best.assignment, method: "Lagrangian repair", prices: lowest.prices };
}

function pricesOf({ graph }: Problem, limitPrices: Float64Array): NonNullable<Answer["prices"]> {
  return {
    demandPrices: new Int32Array(graph.demandCapacity.length),
    supplyPrices: new Int32Array(graph.supplyCapacity.length),
    limitPrices,
  };
}

/** What each pair is worth above the prices of its limits; 0 or less is never chosen. */
function lessLimits({ graph, caps, weights }: Problem, limitPrices: Float64Array): Int32Array {
  return weights.map((weight, edge) => {
    let left = weight;
    eachCap(graph, caps, edge, (cap) => {
      left -= limitPrices[cap]!;
    });
    return Math.max(0, left);
  });
}

/** Prices rise where limits are exceeded and fall where they are not, by Polyak's step; they stay whole. */
function stepped(
  prices: Float64Array,
  { list }: Caps,
  units: Float64Array,
  { step, missing }: { readonly step: number; readonly missing: number },
): Float64Array<ArrayBuffer> {
  const over = list.map(({ unitsMax }, cap) => units[cap]! - unitsMax);
  const norm = over.reduce((sum, by, cap) => sum + (by > 0 || prices[cap]! > 0 ? by * by : 0), 0);
  const size = norm === 0 ? 0 : (step * missing) / norm;
  return Float64Array.from(prices, (price, cap) => Math.max(0, Math.round(price + size * over[cap]!)));
}

/** The chosen pairs as far as limits allow, the best first, then whatever else fits. */
function repair(
  { graph, caps, weights }: Problem,
  { edges }: Assignment,
  byWeight: Uint32Array,
): { assignment: Assignment; worth: number } {
  const taking = new Taking(graph, caps);
  const wanted = new Uint8Array(weights.length);
  for (const edge of edges) wanted[edge] = 1;
  for (const edge of byWeight) if (wanted[edge] === 1) taking.take(edge);
  for (const edge of byWeight) taking.take(edge);
  const assignment = taking.assignment(byWeight.length);
  return { assignment, worth: assignment.edges.reduce((sum, edge) => sum + weights[edge]!, 0) };
}
