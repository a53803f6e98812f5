import type { ListingIndex } from "@marketmesh/listing-index";
import { type Attributes, numberOver, specialiseNumber } from "@marketmesh/rules";
import type { CompiledFeature, CompiledModel } from "./compile-model.ts";
import { settle, toMillionths, weigh } from "./fixed-point.ts";
import type { Feature } from "./model.ts";
import { type BoundFeature, OverlapReader, oneByOne } from "./overlap-reader.ts";
import { type ExplainedScore, explained } from "./score-pair.ts";
import type { Statistics } from "./statistics.ts";

/** A model with one demand bound: what is left to read is the supply, by ordinal. */
export interface BoundModel {
  score(ordinal: number): number;
  /** Scores of these ordinals, in their order. */
  scores(ordinals: Uint32Array): Int32Array;
  explain(ordinal: number): ExplainedScore;
}

type Binder = (demand: Attributes, now: number) => BoundFeature;

/** A model over an index, to be bound to one demand after the other. */
export class ModelReader {
  readonly #features: readonly Feature[];
  readonly #binders: readonly Binder[];

  /** @throws RankingError STATISTICS_MISSING */
  constructor(model: CompiledModel, index: ListingIndex, statistics: Statistics) {
    this.#features = model.model.features;
    this.#binders = model.features.map((feature) => binderOf(feature, index, statistics));
  }

  /** Binding the next demand ends what this one returned. */
  bind(demand: Attributes, now: number): BoundModel {
    const features = this.#features;
    const readers = this.#binders.map((bindFeature) => bindFeature(demand, now));
    return {
      score: (ordinal) => {
        let score = 0;
        for (let at = 0; at < readers.length; at++) {
          const feature = features[at]!;
          score += weigh(feature.weightMillionths, settle(readers[at]!.read(ordinal), feature));
        }
        return score;
      },
      scores: (ordinals) => {
        const scores = new Int32Array(ordinals.length);
        for (const [at, reader] of readers.entries()) {
          addFeature(scores, reader.readAll(ordinals), features[at]!);
        }
        return scores;
      },
      explain: (ordinal) => explained(features, (at) => readers[at]!.read(ordinal)),
    };
  }
}

function addFeature(scores: Int32Array, values: Float64Array, feature: Feature): void {
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    const known = Number.isNaN(value) ? undefined : value;
    scores[at]! += weigh(feature.weightMillionths, settle(known, feature));
  }
}

function binderOf(compiled: CompiledFeature, index: ListingIndex, statistics: Statistics): Binder {
  if (compiled.kind === "OVERLAP") {
    const reader = new OverlapReader(compiled.overlap, index, statistics);
    return (demand) => reader.bind(demand);
  }
  return (demand, now) => {
    const read = numberOver(specialiseNumber(compiled.number, "demand", demand, now), index);
    return oneByOne((ordinal) => toMillionths(read(ordinal)));
  };
}
