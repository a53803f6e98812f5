import { namePatterns, parseName } from "@marketmesh/contracts";
import { type Capacity, Listing_Audience } from "@marketmesh/contracts/catalog/v1";
import type { CompiledKind } from "../domain/compiled-kind.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Audience, ListingContent } from "../domain/listing.ts";
import { parseAudience, parseCapacity } from "../domain/listing-input.ts";
import { ok, type Result, refused } from "../domain/problem.ts";

/** The fields that listings and import rows have in common. */
export interface ContentMessage {
  readonly capacity?: Capacity | undefined;
  readonly attributes?: unknown;
  readonly audience: Listing_Audience;
  readonly audienceParties: readonly string[];
}

/** What a message says about a listing, checked by its kind. */
export interface GivenContent {
  readonly content: ListingContent;
  /** Personal attributes in the clear; undefined when there are none. */
  readonly personal: JsonObject | undefined;
}

export function parseContent(
  market: string,
  kind: CompiledKind,
  given: ContentMessage,
): Result<GivenContent> {
  const audience = audienceOf(market, given.audience, given.audienceParties);
  if (!audience.ok) return audience;
  const capacity = parseCapacity(given.capacity);
  if (!capacity.ok) return capacity;
  const attributes = kind.check((given.attributes ?? {}) as JsonObject);
  if (!attributes.ok) return attributes;
  const { openJson, personal, groups } = attributes.value;
  return ok({
    content: { ...audience.value, capacity: capacity.value, attributesJson: openJson, groups },
    personal,
  });
}

export function audienceOf(market: string, audience: Listing_Audience, parties: readonly string[]) {
  const ids: string[] = [];
  for (const [at, name] of parties.entries()) {
    const id = partyOf(market, name);
    if (id === undefined) {
      const field = `audience_parties[${at}]`;
      return refused("AUDIENCE_INVALID", `A party is named markets/${market}/parties/{party}.`, {
        field,
        metadata: { field },
      });
    }
    ids.push(id);
  }
  return parseAudience(audienceWord(audience), ids);
}

const words: Partial<Record<Listing_Audience, Audience>> = {
  [Listing_Audience.PARTIES]: "PARTIES",
  [Listing_Audience.PRIVATE]: "PRIVATE",
};

/** The word of an audience; unspecified means PUBLIC. */
export function audienceWord(audience: Listing_Audience): Audience {
  return words[audience] ?? "PUBLIC";
}

/** The id of a party of this market; undefined for any other text. */
export function partyOf(market: string, name: string): string | undefined {
  const parsed = parseName(namePatterns.party, name);
  return parsed.ok && parsed.ids.market === market ? parsed.ids.party : undefined;
}
