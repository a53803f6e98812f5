import type { MethodImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import { CatalogService, type Listing } from "@marketmesh/contracts/catalog/v1";
import { idsOf } from "@marketmesh/rpc";
import { mutate } from "@marketmesh/service-host/calls";
import type { Deps } from "./deps.ts";
import { toListingMessage } from "./listing-message.ts";
import { moveListing } from "./move-listing.ts";
import { withPersonal } from "./with-personal.ts";

const method = CatalogService.method.publishListing;

export function publishListing(deps: Deps): MethodImpl<typeof method> {
  return async (request, context) => {
    const { market, listing: id } = idsOf(namePatterns.listing, request.name);
    const answer = await mutate(deps, context, { market, method, request }, async (tx, caller) => {
      const listing = await moveListing(tx, caller, request, { verb: "publish", now: deps.now() });
      return { listing: toListingMessage(listing, deps.feedEpoch()) };
    });
    return { listing: await withPersonal(deps, context, { market, id }, answer.listing as Listing) };
  };
}
