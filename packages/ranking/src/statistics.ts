import { compareText } from "@marketmesh/rules";
import type { Overlap } from "./model.ts";

/** How often tokens occur: an input of every decision that weighs by rarity, so that it can be replayed. */
export interface Statistics {
  /** N: listings counted, of both sides. */
  readonly documents: number;
  /** By `overlapKey`: in how many of those listings each token occurs. */
  readonly frequencies: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Statistics as columns: tokens ascending bytewise, so that equal statistics pack to equal data. */
export interface PackedStatistics {
  readonly documents: number;
  /** Ascending by key. */
  readonly sets: readonly PackedFrequencies[];
}

export interface PackedFrequencies {
  readonly key: string;
  readonly tokens: readonly string[];
  /** Listings that have the token, in the order of `tokens`; 1 or more. */
  readonly frequencies: Uint32Array;
}

/** Names the pair of attributes whose tokens are counted together. */
export function overlapKey(overlap: Pick<Overlap, "supplyAttribute" | "demandAttribute">): string {
  return `supply.${overlap.supplyAttribute} demand.${overlap.demandAttribute}`;
}

/** Statistics as plain columns, to be stored or sent. */
export function packStatistics(statistics: Statistics): PackedStatistics {
  const sets = [...statistics.frequencies].map(([key, counts]) => {
    const tokens = [...counts.keys()].sort(compareText);
    return { key, tokens, frequencies: Uint32Array.from(tokens, (token) => counts.get(token)!) };
  });
  return { documents: statistics.documents, sets: sets.sort((a, b) => compareText(a.key, b.key)) };
}

/** The opposite of `packStatistics`. */
export function unpackStatistics(packed: PackedStatistics): Statistics {
  const frequencies = packed.sets.map(({ key, tokens, frequencies }): [string, Map<string, number>] => [
    key,
    new Map(tokens.map((token, position) => [token, frequencies[position]!])),
  ]);
  return { documents: packed.documents, frequencies: new Map(frequencies) };
}

/**
 * What a token weighs, in millionths: round(10⁶ · ln(N / df)), df at least 1. Never negative: a token that
 * occurs in every listing weighs 0.
 */
export function rarityMillionths(documents: number, frequency: number): number {
  const ratio = documents / Math.max(1, frequency);
  return ratio > 1 ? Math.round(1e6 * Math.log(ratio)) : 0;
}
