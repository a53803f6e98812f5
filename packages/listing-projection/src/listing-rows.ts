import type { JsonObject } from "@bufbuild/protobuf";
import { type ListingColumnsRow, namePatterns, parseName } from "@marketmesh/contracts";
import { type Listing, Listing_Audience, Listing_State } from "@marketmesh/contracts/catalog/v1";
import type { Audience, ListingRow } from "@marketmesh/listing-index";
import type { SideTypes } from "@marketmesh/rules";
import { attributesOfListing } from "./attributes.ts";

/** A listing of an export as the index takes it. */
export function rowOfBlock(types: SideTypes, row: ListingColumnsRow): ListingRow {
  return {
    ordinal: row.ordinal,
    id: row.id,
    version: row.version,
    active: row.state === Listing_State.ACTIVE,
    owner: row.owner,
    audience: audienceOf(row.audience),
    audienceParties: row.audienceParties,
    attributes: attributesOfListing(types, row.attributes as unknown as JsonObject),
  };
}

/** A listing of an event as the index takes it. */
export function rowOfListing(types: SideTypes, listing: Listing): ListingRow {
  return {
    ordinal: listing.ordinal,
    id: lastOf(listing.name),
    version: Number(listing.version),
    active: listing.state === Listing_State.ACTIVE,
    owner: partyOf(listing.owner),
    audience: audienceOf(listing.audience),
    audienceParties: listing.audienceParties.map(partyOf),
    attributes: attributesOfListing(types, listing.attributes),
  };
}

function audienceOf(audience: Listing_Audience): Audience {
  if (audience === Listing_Audience.PARTIES) return "PARTIES";
  // One that we do not know hides: showing too little can be mended.
  return audience === Listing_Audience.PUBLIC ? "PUBLIC" : "PRIVATE";
}

function partyOf(name: string): string {
  if (name === "") return "";
  const parsed = parseName(namePatterns.party, name);
  if (!parsed.ok) throw new Error(parsed.problem.message);
  return parsed.ids.party;
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
