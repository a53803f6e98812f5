import { buildGraph, type Graph } from "@marketmesh/allocation-engine";
import type { Oracle } from "@marketmesh/simulator";
import { expectedRound, type LearnedState, type RecordedAnswer } from "../domain/expected-round.ts";

export interface RoundsPlayed {
  readonly accepted: number;
  /** Openings of all demands. */
  readonly openings: number;
  /** Sum of the scores of who accepted, as 0..1. */
  readonly value: number;
  readonly rounds: number;
}

export interface RoundsOptions {
  /** The best supplies of each demand that a round considers. */
  readonly topK: number;
  /** As the plan says it; 0: it does not. */
  readonly plannedRounds: number;
  /** What is kept from one round to the next; as it is, unless given. */
  readonly keep?: (learned: LearnedState) => LearnedState;
}

/**
 * Plays rounds of EXPECTED as the service decides them, each with a graph of its own: the best of who is free, for who is open,
 * without pairs that were offered before. All answers of a round are there before the next. Until nothing is left to ask.
 */
export function playRounds(whole: Graph, oracle: Oracle, options: RoundsOptions): RoundsPlayed {
  const left = whole.demandCapacity.slice();
  const free = whole.supplyCapacity.slice();
  const asked = new Uint8Array(whole.supplies.length);
  const played = { accepted: 0, openings: left.reduce((sum, units) => sum + units, 0), value: 0, rounds: 0 };
  let learned: LearnedState | undefined;
  let answers: RecordedAnswer[] = [];
  for (;;) {
    const { graph, edges } = roundOf(whole, { left, free, asked }, options.topK);
    if (edges.length === 0) return played;
    const round = expectedRound(graph, { strategy: "EXPECTED" }, learned, answers, options.plannedRounds);
    learned = JSON.parse(JSON.stringify(options.keep?.(round.learned) ?? round.learned)) as LearnedState;
    answers = [...round.solution.assignment.edges].map((chosen) => {
      const edge = edges[chosen]!;
      const [demand, supply] = [whole.demands[edge]!, whole.supplies[edge]!];
      const score = whole.demandScores[edge]!;
      const accepted = oracle.answer(demand, supply, played.rounds);
      asked[edge] = 1;
      if (accepted) {
        left[demand]! -= 1;
        free[supply]! -= 1;
        played.accepted += 1;
        played.value += score / 1e6;
      }
      return {
        offer: `${edge}`,
        round: `${played.rounds}`,
        demand: whole.demandIds[demand]!,
        score,
        accepted,
      };
    });
    played.rounds += 1;
  }
}

interface Left {
  readonly left: Int32Array;
  readonly free: Int32Array;
  readonly asked: Uint8Array;
}

/** The graph of one round, with the edge of the whole for each of its own. */
function roundOf(whole: Graph, { left, free, asked }: Left, topK: number): { graph: Graph; edges: number[] } {
  const edges: number[] = [];
  const demands: number[] = [];
  for (const [demand, openings] of left.entries()) {
    if (openings <= 0) continue;
    demands.push(demand);
    const pairs: number[] = [];
    for (let edge = whole.offsets[demand]!; edge < whole.offsets[demand + 1]!; edge += 1) {
      if (asked[edge] === 0 && free[whole.supplies[edge]!]! > 0) pairs.push(edge);
    }
    const best = pairs.sort((a, b) => whole.demandScores[b]! - whole.demandScores[a]! || a - b);
    edges.push(...best.slice(0, topK).sort((a, b) => a - b));
  }
  const supplies = [...new Set(edges.map((edge) => whole.supplies[edge]!))].sort((a, b) => a - b);
  const demandAt = new Map(demands.map((demand, at) => [demand, at]));
  const supplyAt = new Map(supplies.map((supply, at) => [supply, at]));
  const scores = edges.map((edge) => whole.demandScores[edge]!);
  const graph = buildGraph({
    demandIds: demands.map((demand) => whole.demandIds[demand]!),
    demandCapacity: demands.map((demand) => left[demand]!),
    supplyIds: supplies.map((supply) => whole.supplyIds[supply]!),
    supplyCapacity: supplies.map((supply) => free[supply]!),
    edgeDemands: edges.map((edge) => demandAt.get(whole.demands[edge]!)!),
    edgeSupplies: edges.map((edge) => supplyAt.get(whole.supplies[edge]!)!),
    demandScores: scores,
    supplyScores: scores,
  });
  return { graph, edges };
}
