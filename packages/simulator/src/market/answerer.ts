import type { Graph } from "@marketmesh/allocation-engine";
import { type Answer, answerDelay, answerTo, type Behaviour, memoryOf, staysAway } from "./behaviour.ts";

/** The two who are asked about. */
export interface PairIds {
  readonly demandId: string;
  readonly supplyId: string;
}

/** Answers the offers of one run, and remembers who was asked when. */
export class Answerer {
  readonly #graph: Graph;
  readonly #behaviour: Behaviour;
  readonly #seed: number;
  readonly #askedAt: number[][];
  readonly #scores: { readonly low: number; readonly span: number };

  constructor(graph: Graph, behaviour: Behaviour, seed: number) {
    this.#graph = graph;
    this.#behaviour = behaviour;
    this.#seed = seed;
    this.#askedAt = graph.supplyIds.map(() => []);
    this.#scores = rangeOf(graph.demandScores);
  }

  /** What is answered to an offer made now. */
  answer(edge: number, time: number): Answer {
    const memory = memoryOf(this.#behaviour);
    const recent = memory === 0 ? [] : this.#askedAt[this.#graph.supplies[edge]!]!;
    const { low, span } = this.#scores;
    return answerTo(this.#behaviour, this.#seed, {
      ...this.idsOf(edge),
      standing: span === 0 ? 0.5 : (this.#graph.demandScores[edge]! - low) / span,
      time,
      recentOffers: recent.filter((asked) => asked > time - memory).length,
    });
  }

  /** Later offers to the same supply know of this one. */
  remember(edge: number, time: number): void {
    this.#askedAt[this.#graph.supplies[edge]!]!.push(time);
  }

  /** After which part of its window an offer is answered, 0 to 1. */
  delay(edge: number): number {
    return answerDelay(this.#seed, this.idsOf(edge));
  }

  staysAway(edge: number): boolean {
    const { demandId, supplyId } = this.idsOf(edge);
    return staysAway(this.#behaviour, this.#seed, demandId, supplyId);
  }

  idsOf(edge: number): PairIds {
    const { demandIds, demands, supplyIds, supplies } = this.#graph;
    return { demandId: demandIds[demands[edge]!]!, supplyId: supplyIds[supplies[edge]!]! };
  }
}

function rangeOf(scores: Int32Array): { low: number; span: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const score of scores) {
    if (score < low) low = score;
    if (score > high) high = score;
  }
  return { low, span: scores.length === 0 ? 0 : high - low };
}
