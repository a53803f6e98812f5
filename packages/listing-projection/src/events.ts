import { createRegistry } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import {
  type Listing,
  ListingClosedSchema,
  type ListingCreated,
  ListingCreatedSchema,
  ListingPausedSchema,
  ListingPublishedSchema,
  ListingUpdatedSchema,
} from "@marketmesh/contracts/catalog/v1";
import type { Envelope } from "@marketmesh/contracts/events/v1";

const facts = createRegistry(
  ListingCreatedSchema,
  ListingUpdatedSchema,
  ListingPublishedSchema,
  ListingPausedSchema,
  ListingClosedSchema,
);

/** The listing of a fact of the listing feed; undefined for a fact that we do not know yet. */
export function listingOf({ fact }: Envelope): Listing | undefined {
  const message = fact && anyUnpack(fact, facts);
  // They all carry the full state in the same field.
  return (message as ListingCreated | undefined)?.listing;
}
