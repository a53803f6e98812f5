import { create, type DescMessage } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import {
  ListingClosedSchema,
  ListingCreatedSchema,
  ListingPausedSchema,
  ListingPublishedSchema,
  ListingUpdatedSchema,
} from "@marketmesh/contracts/catalog/v1";
import type { Announcement } from "@marketmesh/events";
import type { Listing } from "../domain/listing.ts";
import { toListingFact } from "../rpc/listing-message.ts";

/** The feed of all facts about listings. */
export const listingFeed = "listing";

const schemaOf = {
  created: ListingCreatedSchema,
  updated: ListingUpdatedSchema,
  published: ListingPublishedSchema,
  paused: ListingPausedSchema,
  closed: ListingClosedSchema,
} as const satisfies Record<string, DescMessage>;

export type ListingFactName = keyof typeof schemaOf;

/** The announcement of what became of a listing; personal attributes are no part of a Listing, so they can't get in. */
export function listingFact(name: ListingFactName, listing: Listing): Announcement {
  const schema = schemaOf[name] as typeof ListingCreatedSchema;
  return {
    market: listing.market,
    feed: listingFeed,
    aggregateId: listing.id,
    version: listing.version,
    fact: anyPack(schema, create(schema, { listing: toListingFact(listing) })),
  };
}

/** The schemas by type name, for whoever reads the feed. */
export const listingFactSchemas: ReadonlyMap<string, typeof ListingCreatedSchema> = new Map(
  Object.values(schemaOf).map((schema) => [schema.typeName, schema as typeof ListingCreatedSchema]),
);
