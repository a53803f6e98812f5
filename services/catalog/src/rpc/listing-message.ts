import { create, type JsonObject as ProtoJson } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { encodeRevision } from "@marketmesh/contracts";
import {
  CapacitySchema,
  Listing_Audience,
  Listing_State,
  type Listing as ListingMessage,
  ListingSchema,
} from "@marketmesh/contracts/catalog/v1";
import type { JsonObject } from "../domain/json.ts";
import { type Capacity, etagOf, type Listing } from "../domain/listing.ts";

/** A listing as events carry it: no personal attributes, no revision. */
export function toListingFact(listing: Listing): ListingMessage {
  const market = `markets/${listing.market}`;
  return create(ListingSchema, {
    name: `${market}/listings/${listing.id}`,
    kind: `${market}/kinds/${listing.kind}`,
    state: Listing_State[listing.state],
    owner: listing.owner === "" ? "" : `${market}/parties/${listing.owner}`,
    audience: Listing_Audience[listing.audience],
    audienceParties: listing.audienceParties.map((party) => `${market}/parties/${party}`),
    capacity: toCapacityMessage(listing.capacity),
    attributes: JSON.parse(listing.attributesJson) as ProtoJson,
    groups: { ...listing.groups },
    version: listing.version,
    etag: etagOf(listing.version),
    ordinal: listing.ordinal,
    ordinalEpoch: listing.ordinalEpoch,
    kindVersion: listing.kindVersion,
    createTime: timestampFromDate(listing.createTime),
    updateTime: timestampFromDate(listing.updateTime),
    ...(listing.publishTime && { publishTime: timestampFromDate(listing.publishTime) }),
  });
}

/** A listing as answers carry it. `personal`: the personal attributes that the caller may read. */
export function toListingMessage(listing: Listing, feedEpoch: bigint, personal?: JsonObject): ListingMessage {
  const message = toListingFact(listing);
  message.revision = revisionOf(listing, feedEpoch);
  if (personal) message.attributes = { ...message.attributes, ...(personal as ProtoJson) };
  return message;
}

export function revisionOf(
  { ordinal, id, version }: Pick<Listing, "ordinal" | "id" | "version">,
  feedEpoch: bigint,
): string {
  return encodeRevision({ of: "listing", ordinal, listingId: id, version, feedEpoch });
}

function toCapacityMessage({ units, exclusiveGroup }: Capacity) {
  const unlimited = units < 0;
  return create(CapacitySchema, { units: unlimited ? 0n : BigInt(units), unlimited, exclusiveGroup });
}
