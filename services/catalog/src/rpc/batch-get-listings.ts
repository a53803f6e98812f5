import type { MethodImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import type { CatalogService, Listing } from "@marketmesh/contracts/catalog/v1";
import { callerOf, idsOf, invalidField } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { readPersonal, wantsPersonal } from "../personal/personal-data.ts";
import { findListings } from "../storage/listing-store.ts";
import type { Deps } from "./deps.ts";
import { toListingMessage } from "./listing-message.ts";

type Uses = Pick<Deps, "database" | "keys" | "feedEpoch" | "telemetry">;

export function batchGetListings(deps: Uses): MethodImpl<typeof CatalogService.method.batchGetListings> {
  return async ({ parent, names }, context) => {
    const { market } = idsOf(namePatterns.market, parent, "parent");
    const caller = callerOf(context);
    const ids = names.map((name, at) => idIn(market, name, `names[${at}]`));
    const stored = await read(deps, context, market, (tx) =>
      findListings(tx, market, [...new Set(ids)], wantsPersonal(caller)),
    );
    const personal = await readPersonal(deps, caller, stored);
    const byId = new Map(stored.map(({ listing }) => [listing.id, listing]));
    const listings: Listing[] = [];
    const missingNames: string[] = [];
    for (const [at, id] of ids.entries()) {
      const listing = byId.get(id);
      if (listing) listings.push(toListingMessage(listing, deps.feedEpoch(), personal.get(id)));
      else missingNames.push(names[at] as string);
    }
    return { listings, missingNames };
  };
}

function idIn(market: string, name: string, field: string): string {
  const ids = idsOf(namePatterns.listing, name, field);
  if (ids.market !== market) throw invalidField(field, `${field} is of another market than parent`);
  return ids.listing;
}
