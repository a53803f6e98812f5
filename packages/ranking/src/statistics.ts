import { compareText } from "@marketmesh/rules";
import type { Overlap } from "./model.ts";

/** How often tokens occur: an input of every score that weighs by rarity, so that it can be replayed. */
export interface TokenStatistics {
  /** N: listings counted. */
  readonly documents: number;
  /** In how many of them each token occurs, 1 or more. */
  readonly frequencies: ReadonlyMap<string, number>;
}

/** The statistics of each pair of attributes that a model weighs by rarity, by `overlapKey`. */
export type Statistics = ReadonlyMap<string, TokenStatistics>;

/** Statistics as columns: tokens ascending bytewise, so that equal statistics pack to equal data. */
export interface PackedStatistics {
  readonly documents: number;
  readonly tokens: readonly string[];
  /** In the order of `tokens`. */
  readonly frequencies: Uint32Array;
}

/** Names a pair of attributes whose tokens are counted together. */
export function overlapKey(overlap: Pick<Overlap, "supplyAttribute" | "demandAttribute">): string {
  return `supply.${overlap.supplyAttribute} demand.${overlap.demandAttribute}`;
}

/** Statistics as plain columns, to be stored or sent. */
export function packStatistics({ documents, frequencies }: TokenStatistics): PackedStatistics {
  const tokens = [...frequencies.keys()].sort(compareText);
  return { documents, tokens, frequencies: Uint32Array.from(tokens, (token) => frequencies.get(token)!) };
}

/** The opposite of `packStatistics`. */
export function unpackStatistics({ documents, tokens, frequencies }: PackedStatistics): TokenStatistics {
  return { documents, frequencies: new Map(tokens.map((token, at) => [token, frequencies[at]!])) };
}

/**
 * What a token weighs, in millionths: round(10⁶ · ln(N / df)), where a token that was never counted has df 1.
 * Never negative: a token that occurs in every listing weighs 0.
 */
export function rarityMillionths({ documents, frequencies }: TokenStatistics, token: string): number {
  const ratio = documents / (frequencies.get(token) ?? 1);
  return ratio > 1 ? Math.round(1e6 * Math.log(ratio)) : 0;
}
