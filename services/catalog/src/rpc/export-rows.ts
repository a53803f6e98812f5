import { encodeListingBlock, type ListingColumnsRow } from "@marketmesh/contracts";
import { Listing_Audience, Listing_State, type ListingBlock } from "@marketmesh/contracts/catalog/v1";
import type { Listing } from "../domain/listing.ts";

/** Packs listings of one kind and epoch, ascending by ordinal. */
export function toListingBlock(kind: string, epoch: bigint, listings: readonly Listing[]): ListingBlock {
  return encodeListingBlock(kind, epoch, listings.map(rowOf));
}

function rowOf(listing: Listing): ListingColumnsRow {
  return {
    ordinal: listing.ordinal,
    id: listing.id,
    version: Number(listing.version),
    state: Listing_State[listing.state],
    owner: listing.owner,
    audience: Listing_Audience[listing.audience],
    audienceParties: listing.audienceParties,
    capacityUnits: listing.capacity.units,
    exclusiveGroup: listing.capacity.exclusiveGroup,
    groups: listing.groups,
    attributes: JSON.parse(listing.attributesJson) as ListingColumnsRow["attributes"],
  };
}
