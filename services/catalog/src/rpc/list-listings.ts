import type { MethodImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import {
  type CatalogService,
  Listing_State,
  type ListListingsRequest,
} from "@marketmesh/contracts/catalog/v1";
import { callerOf, encodePageToken, idsOf, invalidField, pageOf } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import type { ListingState } from "../domain/listing.ts";
import { readPersonal, wantsPersonal } from "../personal/personal-data.ts";
import { type ListingFilter, listListings as listStored } from "../storage/listing-store.ts";
import type { Deps } from "./deps.ts";
import { partyOf } from "./listing-content.ts";
import { toListingMessage } from "./listing-message.ts";

type Uses = Pick<Deps, "database" | "keys" | "feedEpoch" | "telemetry">;

export function listListings(deps: Uses): MethodImpl<typeof CatalogService.method.listListings> {
  return async (request, context) => {
    const { market } = idsOf(namePatterns.market, request.parent, "parent");
    const filter = filterOf(market, request);
    const bound = [market, filter.kind, filter.owner, request.state];
    const page = pageOf(request, { sizeDefault: 100, sizeMax: 1_000, filter: bound });
    const caller = callerOf(context);
    const stored = await read(deps, context, market, (tx) =>
      listStored(tx, filter, {
        afterId: String(page.after?.[0] ?? ""),
        limit: page.size + 1,
        personal: wantsPersonal(caller),
      }),
    );
    const shown = stored.slice(0, page.size);
    const personal = await readPersonal(deps, caller, shown);
    const last = shown.at(-1)?.listing.id;
    return {
      listings: shown.map(({ listing }) =>
        toListingMessage(listing, deps.feedEpoch(), personal.get(listing.id)),
      ),
      nextPageToken: stored.length > page.size && last !== undefined ? encodePageToken([last], bound) : "",
    };
  };
}

function filterOf(market: string, { kind, owner, state }: ListListingsRequest): ListingFilter {
  return {
    market,
    kind: kind === "" ? "" : kindIn(market, kind),
    owner: owner === "" ? "" : ownerIn(market, owner),
    state: state === Listing_State.UNSPECIFIED ? undefined : stateOf(state),
  };
}

/** The id of a kind of this market, named in the field `kind`. */
export function kindIn(market: string, name: string): string {
  const ids = idsOf(namePatterns.kind, name, "kind");
  if (ids.market !== market) throw invalidField("kind", "kind is of another market than parent");
  return ids.kind;
}

function ownerIn(market: string, name: string): string {
  const id = partyOf(market, name);
  if (id === undefined) throw invalidField("owner", `owner is of the form markets/${market}/parties/{party}`);
  return id;
}

const states: Partial<Record<Listing_State, ListingState>> = {
  [Listing_State.DRAFT]: "DRAFT",
  [Listing_State.ACTIVE]: "ACTIVE",
  [Listing_State.PAUSED]: "PAUSED",
  [Listing_State.CLOSED]: "CLOSED",
};

function stateOf(state: Listing_State): ListingState {
  const word = states[state];
  if (word === undefined) throw invalidField("state", "state is no state of a listing");
  return word;
}
