import { absorb, START } from "../oracle/draw.ts";

/** Units of one pair that were taken and stayed. */
export interface Taken {
  readonly demandId: string;
  readonly supplyId: string;
  readonly units: number;
  readonly demandScore: number;
  /** Seconds from the demand's arrival. */
  readonly after: number;
}

/** What one run came to. Times are seconds of market time, scores millionths. */
export interface RunOutcome {
  /** Units that demands wanted when they arrived. */
  readonly wanted: number;
  readonly taken: number;
  /** `taken` by `wanted`; 0 when nothing was wanted. */
  readonly fill: number;
  /** The sum of the demand scores of the pairs that were taken. */
  readonly value: number;
  /** Their mean; 0 without any. */
  readonly meanQuality: number;
  /** From arrival until taken, on average over units; 0 without any. */
  readonly timeToFill: number;
  readonly offers: number;
  /** Offers that were answered yes, by offers; 0 without any. */
  readonly acceptance: number;
  /** The share of offers that the tenth of the supplies asked most often got, at least one supply; 0 without any offer. */
  readonly exposure: number;
  readonly noShows: number;
  readonly waves: number;
  /** Equal for runs in which the same was taken, in 16 hex digits. */
  readonly hash: string;
}

/** What a run counts as it goes. */
export interface Tally {
  wanted: number;
  offers: number;
  yes: number;
  noShows: number;
  waves: number;
  readonly offersBySupply: Uint32Array;
}

export function outcomeOf(tally: Tally, taken: readonly Taken[]): RunOutcome {
  const units = sum(taken, (one) => one.units);
  const value = sum(taken, (one) => one.demandScore);
  return {
    wanted: tally.wanted,
    taken: units,
    fill: ratio(units, tally.wanted),
    value,
    meanQuality: ratio(value, taken.length),
    timeToFill: ratio(
      sum(taken, (one) => one.after * one.units),
      units,
    ),
    offers: tally.offers,
    acceptance: ratio(tally.yes, tally.offers),
    exposure: exposureOf(tally.offersBySupply),
    noShows: tally.noShows,
    waves: tally.waves,
    hash: hashOf(taken),
  };
}

function exposureOf(offersBySupply: Uint32Array): number {
  const most = offersBySupply.slice().sort().reverse();
  const tenth = most.subarray(0, Math.ceil(most.length / 10));
  return ratio(
    tenth.reduce((all, offers) => all + offers, 0),
    most.reduce((all, offers) => all + offers, 0),
  );
}

function hashOf(taken: readonly Taken[]): string {
  const lines = taken.map(({ demandId, supplyId, units }) => `${demandId}\t${supplyId}\t${units}`).sort();
  const hashes = [START, ~START].map((start) => lines.reduce(absorb, start) >>> 0);
  return hashes.map((hash) => hash.toString(16).padStart(8, "0")).join("");
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
