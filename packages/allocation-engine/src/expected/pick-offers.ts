import type { ExpectedConfig } from "./config.ts";
import type { Pace } from "./pace.ts";
import type { Sampling } from "./sample-world.ts";

/** Resolution of a key: millionths of a score, shifted so that it is never negative. */
const resolution = 1e6;
/** Pairs of one demand that are looked at in one wave, per offer it may make, and some more. */
const choicesPerOffer = 3;
/** Demands that may make more offers than this keep all their pairs: sorting them once is cheaper than keeping the best few. */
const choicesMax = 64;
/** A key and a position share the 53 bits of a number. */
const positions = 2 ** 26;
const keyMax = 2 ** 27 - 1;

/**
 * Which pairs to ask now: those of least expected regret first, as many as the pace allows; the doubtful wait until more answers are
 * known.
 *
 * @returns edges, ascending; at most one offer per unit of supply, at most `offersPerOpening` per open opening
 */
export function pickOffers(sampling: Sampling, config: ExpectedConfig, pace: Pace): Uint32Array {
  const { graph, residual } = sampling;
  const sure = candidates(sampling, config, pace.regretMax);
  // Waiting is worth something only while others are asked: without offers nothing more is learned.
  const { edges, order } =
    sure.edges.length > 0 ? sure : candidates(sampling, config, Number.POSITIVE_INFINITY);
  const demandRoom = residual.demandLeft.map((left) => Math.floor(left * config.offersPerOpening));
  const supplyRoom = residual.supplyLeft.slice();
  const offers: number[] = [];
  for (const key of order) {
    if (offers.length >= pace.offersMax) break;
    const edge = edges[key % positions]!;
    const [demand, supply] = [graph.demands[edge]!, graph.supplies[edge]!];
    if (demandRoom[demand]! <= 0 || supplyRoom[supply]! <= 0) continue;
    demandRoom[demand]!--;
    supplyRoom[supply]!--;
    offers.push(edge);
  }
  return Uint32Array.from(offers).sort();
}

/** The best few pairs of every open demand, as edges and as keys that sort by regret: key × 2^26 + position. */
function candidates(
  { graph, live, residual, state }: Sampling,
  config: ExpectedConfig,
  regretMax: number,
): { edges: Uint32Array; order: Float64Array } {
  const edges: number[] = [];
  const keys: number[] = [];
  const best: number[] = [];
  const bestKeys: number[] = [];
  for (const [row, demand] of live.demands.entries()) {
    const offersMax = Math.floor(residual.demandLeft[demand]! * config.offersPerOpening);
    const pairs = live.offsets[row + 1]! - live.offsets[row]!;
    const few = choicesPerOffer * offersMax + 2;
    const room = few > choicesMax ? pairs : few;
    best.length = 0;
    bestKeys.length = 0;
    for (let at = live.offsets[row]!; at < live.offsets[row + 1]!; at++) {
      const edge = live.edges[at]!;
      const asks = state.asks[graph.supplies[edge]!]!;
      const regret = state.regret[edge]! + config.exposureCost * asks;
      if (regret > regretMax || asks >= config.asksPerSupplyMax) continue;
      const score = graph.demandScores[edge]! / 1e6;
      const lost = Math.max(0, regret + config.scoreWeight * (1 - score));
      const key = Math.min(keyMax, Math.round(resolution * lost));
      if (room === pairs) {
        keys.push(key * positions + edges.length);
        edges.push(edge);
        continue;
      }
      if (best.length === room && key >= bestKeys[room - 1]!) continue;
      let to = best.length < room ? best.length : room - 1;
      for (; to > 0 && bestKeys[to - 1]! > key; to--) {
        bestKeys[to] = bestKeys[to - 1]!;
        best[to] = best[to - 1]!;
      }
      bestKeys[to] = key;
      best[to] = edge;
    }
    for (const [at, edge] of best.entries()) {
      keys.push(bestKeys[at]! * positions + edges.length);
      edges.push(edge);
    }
  }
  return { edges: Uint32Array.from(edges), order: Float64Array.from(keys).sort() };
}
