import type { Attributes, DecisionInput } from "@marketmesh/rules";
import { ONE, shareMillionths } from "./fixed-point.ts";
import type { Overlap } from "./model.ts";
import { RankingError } from "./ranking-error.ts";
import { overlapKey, rarityMillionths, type Statistics } from "./statistics.ts";

/** What a token weighs, in millionths, 0 or more. */
export type TokenWeight = (token: string) => number;

/** @throws RankingError STATISTICS_MISSING */
export function tokenWeight(overlap: Overlap, statistics: Statistics): TokenWeight {
  if (overlap.weighting === "UNIFORM") return () => ONE;
  const counted = statistics.get(overlapKey(overlap));
  if (counted === undefined) {
    throw new RankingError("STATISTICS_MISSING", `no statistics of ${overlapKey(overlap)}`);
  }
  return (token) => rarityMillionths(counted, token);
}

/**
 * The overlap of one pair in millionths; `undefined` where a side has no list: then no statistics are needed either.
 *
 * @throws RankingError STATISTICS_MISSING
 */
export function overlapOfPair(
  overlap: Overlap,
  { supply, demand }: DecisionInput,
  statistics: Statistics,
): number | undefined {
  const supplied = tokensOf(supply, overlap.supplyAttribute);
  const demanded = tokensOf(demand, overlap.demandAttribute);
  if (supplied === undefined || demanded === undefined) return undefined;
  const weight = tokenWeight(overlap, statistics);
  const shared = totalWeight(intersection(supplied, demanded), weight);
  switch (overlap.normalisation) {
    case "DEMAND":
      return shareMillionths(shared, totalWeight(demanded, weight));
    case "SUPPLY":
      return shareMillionths(shared, totalWeight(supplied, weight));
    case "NONE":
      return shared;
  }
}

/** The distinct tokens of a list attribute; `undefined` where it is missing. */
export function tokensOf(attributes: Attributes, attribute: string): ReadonlySet<string> | undefined {
  const list = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
  return list === undefined ? undefined : new Set(list as readonly string[]);
}

function intersection(left: ReadonlySet<string>, right: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...left].filter((token) => right.has(token)));
}

/** Integers, so the order of the tokens does not matter. */
export function totalWeight(tokens: ReadonlySet<string>, weight: TokenWeight): number {
  let total = 0;
  for (const token of tokens) total += weight(token);
  return total;
}
