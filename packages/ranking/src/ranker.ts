import type { ListingIndex, OrdinalSet } from "@marketmesh/listing-index";
import type { Attributes } from "@marketmesh/rules";
import type { CompiledModel } from "./compile-model.ts";
import { type BoundModel, ModelReader } from "./model-reader.ts";
import { RankingError } from "./ranking-error.ts";
import type { ExplainedScore } from "./score-pair.ts";
import type { Statistics } from "./statistics.ts";
import { TopK } from "./top-k.ts";

/** The most that one call ranks, `skip` included. */
export const TOP_K_MAX = 100_000;

/** What a ranker reads. The index may change between calls, not within one. */
export interface RankerInput {
  /** Orders the candidates. */
  readonly model: CompiledModel;
  /** The other side's view, scored for those ranked. */
  readonly counterModel?: CompiledModel;
  /** The supply's index. */
  readonly index: ListingIndex;
  readonly statistics: Statistics;
}

/** One demand to rank for. */
export interface RankRequest {
  /** Attributes of the demand, as `normaliseAttributes` leaves them. */
  readonly demand: Attributes;
  /** Ordinals of eligible supply; those that the index does not have are passed over. */
  readonly candidates: OrdinalSet;
  /** Supply to leave out. */
  readonly exclude?: OrdinalSet;
  /** How many of the best, 1 or more; with `skip` at most `TOP_K_MAX`. */
  readonly k: number;
  /** Leaves out this many of the best, to go on where another ranking ended. Default 0. */
  readonly skip?: number;
  /** Decision time, epoch milliseconds. */
  readonly now: number;
  /** Whether to explain each score. Default false. */
  readonly explain?: boolean;
}

/** The best supply of one demand, best first; equal scores by listing id, bytewise. */
export interface Ranking {
  readonly ordinals: Uint32Array;
  /** By the model, in millionths, in the order of `ordinals`. */
  readonly scores: Int32Array;
  /** By the counter model; absent when there is none. */
  readonly counterScores?: Int32Array;
  /** The model's contributions; absent when they were not asked for. */
  readonly explanations?: readonly ExplainedScore[];
  /** How many were ranked, exclusions left out. */
  readonly candidateCount: number;
}

/** Ranks supply for one demand after the other. */
export interface Ranker {
  /** @throws RankingError LIMIT_INVALID */
  rank(request: RankRequest): Ranking;
}

/**
 * Prepares models, index and statistics once, for many demands.
 *
 * @throws RankingError STATISTICS_MISSING
 */
export function createRanker({ model, counterModel, index, statistics }: RankerInput): Ranker {
  const reader = new ModelReader(model, index, statistics);
  const counterReader = counterModel && new ModelReader(counterModel, index, statistics);
  return {
    rank: (request) => {
      const bound = reader.bind(request.demand, request.now);
      const best = bestOf(request, index, bound);
      const counter = counterReader?.bind(request.demand, request.now);
      const { ordinals } = best;
      return {
        ...best,
        ...(counter && { counterScores: Int32Array.from(ordinals, (ordinal) => counter.score(ordinal)) }),
        ...(request.explain && { explanations: Array.from(ordinals, (ordinal) => bound.explain(ordinal)) }),
      };
    },
  };
}

function bestOf(request: RankRequest, index: ListingIndex, bound: BoundModel): Ranking {
  const { k, skip = 0 } = request;
  const limit = limitOf(k, skip);
  const candidates = candidatesOf(request, index);
  const top = new TopK(Math.min(limit, candidates.length), (ordinal) => index.idOf(ordinal)!);
  const scores = bound.scores(candidates);
  for (let at = 0; at < candidates.length; at++) top.offer(candidates[at]!, scores[at]!);
  return { ...top.best(skip), candidateCount: candidates.length };
}

function limitOf(k: number, skip: number): number {
  const valid = Number.isInteger(k) && Number.isInteger(skip) && k >= 1 && skip >= 0 && k + skip <= TOP_K_MAX;
  if (valid) return k + skip;
  throw new RankingError(
    "LIMIT_INVALID",
    `k is ${k} and skip ${skip}; k is 1 or more, together at most ${TOP_K_MAX}`,
  );
}

function candidatesOf({ candidates, exclude }: RankRequest, index: ListingIndex): Uint32Array {
  const wanted = exclude === undefined ? candidates : candidates.subtract(exclude);
  const known = wanted.toArray();
  let count = 0;
  for (let at = 0; at < known.length; at++) {
    if (index.idOf(known[at]!) !== undefined) known[count++] = known[at]!;
  }
  return known.subarray(0, count);
}
