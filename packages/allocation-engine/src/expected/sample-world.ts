import type { SparseGraph } from "../graph.ts";
import { bucketFactors, bucketOf, groupRates } from "./acceptance.ts";
import { expectedArrivals } from "./arrivals.ts";
import type { LivePairs, Residual } from "./residual.ts";
import type { ExpectedState } from "./state.ts";
import type { World } from "./world.ts";

/** What a world is drawn from. */
export interface Sampling {
  readonly graph: SparseGraph;
  readonly residual: Residual;
  readonly live: LivePairs;
  readonly state: ExpectedState;
  readonly fillBonus: number;
}

/**
 * Draws who of the live pairs would accept, each by what the model thinks of it. Then come the demands that are still expected: seen
 * ones, drawn again with all their openings and answers of the newest group, since the future resembles the past.
 */
export function sampleWorld(world: World, sampling: Sampling, draw: () => number): void {
  const { graph, residual, live, state, fillBonus } = sampling;
  const rates = groupRates(state.acceptance);
  const factors = bucketFactors(state.acceptance);
  let pairs = 0;
  world.rows = 0;
  const admit = (edge: number, rate: number): void => {
    const score = graph.demandScores[edge]!;
    if (draw() >= rate * factors[bucketOf(score)]!) return;
    world.supplies[pairs] = graph.supplies[edge]!;
    world.weights[pairs] = score / 1e6 + fillBonus;
    world.edges[pairs++] = edge;
  };
  const close = (openings: number): void => {
    world.capacity[world.rows++] = openings;
    world.offsets[world.rows] = pairs;
  };
  for (const [row, demand] of live.demands.entries()) {
    const rate = rates[state.groups[demand]!]!;
    for (let at = live.offsets[row]!; at < live.offsets[row + 1]!; at++) admit(live.edges[at]!, rate);
    close(residual.demandLeft[demand]!);
  }
  const { seen } = state.arrivals;
  const imagined = imaginedRows(state, residual);
  for (let count = 0; count < imagined; count++) {
    const demand = seen[Math.floor(draw() * seen.length)]!;
    const [start, end] = [graph.offsets[demand]!, graph.offsets[demand + 1]!];
    if (pairs + end - start > world.edges.length) break;
    for (let edge = start; edge < end; edge++) {
      if (residual.supplyLeft[graph.supplies[edge]!]! > 0) admit(edge, rates.at(-1)!);
    }
    close(graph.demandCapacity[demand]!);
  }
}

/** Imagined demands at most, per demand seen: so that a wave costs a bounded number of times what those seen cost. */
const imaginedPerSeen = 10;

/** Demands that are imagined beside the open ones. How many the graph has in all is not known. */
export function imaginedRows({ arrivals }: ExpectedState, { waves }: Residual): number {
  return Math.min(expectedArrivals(arrivals, waves), imaginedPerSeen * arrivals.seen.length);
}
