import { type SparseGraph, UNLIMITED } from "../graph.ts";
import { numbers } from "./random-graph.ts";

/** Kinds of weights that solvers stumble over: ties, nothing worth having, the largest there are, both together. */
const WEIGHTS: readonly ((random: () => number) => number)[] = [
  (random) => random() % 3,
  (random) => (random() % 12) - 6,
  (random) => 0x7fffffff - (random() % 3),
  (random) => (random() % 2 === 0 ? 0x7fffffff : (random() % 5) - 2),
  (random) => 1 + (random() % 1_000_000),
];

const CAPACITIES: readonly ((random: () => number) => number)[] = [
  () => 1,
  (random) => random() % 2,
  (random) => random() % 4,
  (random) => (random() % 3 === 0 ? UNLIMITED : random() % 3),
];

/**
 * A market that a seed decides, up to so many nodes a side: of one piece or several, dense or nearly empty, with nodes that have no edge
 * or no capacity. Its scores are the weights.
 */
export function roughMarket(seed: number, sideMax: number): SparseGraph {
  const random = numbers(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[random() % items.length]!;
  const [demands, supplies] = [random() % (sideMax + 1), random() % (sideMax + 1)];
  const parts = 1 + (random() % 3);
  const oneIn = 1 + (random() % 5);
  const weight = pick(WEIGHTS);
  const columns: { demands: number[]; supplies: number[]; weights: number[] } = {
    demands: [],
    supplies: [],
    weights: [],
  };
  const offsets = new Uint32Array(demands + 1);
  for (let demand = 0; demand < demands; demand++) {
    for (let supply = 0; supply < supplies; supply++) {
      if (demand % parts !== supply % parts || random() % oneIn > 0) continue;
      columns.demands.push(demand);
      columns.supplies.push(supply);
      columns.weights.push(weight(random));
    }
    offsets[demand + 1] = columns.weights.length;
  }
  const demandUnits = pick(CAPACITIES.slice(0, 3));
  const supplyUnits = pick(CAPACITIES);
  const weights = Int32Array.from(columns.weights);
  return {
    unitMode: "SPREAD",
    demandCapacity: Int32Array.from({ length: demands }, () => demandUnits(random)),
    supplyCapacity: Int32Array.from({ length: supplies }, () => supplyUnits(random)),
    offsets,
    demands: Uint32Array.from(columns.demands),
    supplies: Uint32Array.from(columns.supplies),
    demandScores: weights,
    supplyScores: weights,
  };
}
