import type { ListingIndex } from "@marketmesh/listing-index";
import type { TokenStatistics } from "./statistics.ts";

/** One `list<string>` (or `string`) attribute of an index. */
export interface CountedAttribute {
  readonly index: ListingIndex;
  readonly attribute: string;
}

/**
 * Counts the tokens of attributes together, over all active listings of their indexes. A document is what one
 * listing has in one attribute; a listing without the attribute counts as a document without tokens.
 */
export function collectStatistics(counted: readonly CountedAttribute[]): TokenStatistics {
  const frequencies = new Map<string, number>();
  let documents = 0;
  for (const { index, attribute } of counted) {
    documents += index.activeRows;
    for (const [token, frequency] of index.documentFrequencies(attribute)) {
      frequencies.set(token, (frequencies.get(token) ?? 0) + frequency);
    }
  }
  return { documents, frequencies };
}
