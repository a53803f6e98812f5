import type { MethodImpl } from "@connectrpc/connect";
import { isResourceId, namePatterns } from "@marketmesh/contracts";
import { CatalogService, type Listing as ListingMessage } from "@marketmesh/contracts/catalog/v1";
import { announce } from "@marketmesh/events";
import type { Tx } from "@marketmesh/postgres";
import { type Caller, idsOf, invalidField } from "@marketmesh/rpc";
import { mutate } from "@marketmesh/service-host/calls";
import type { Sealed } from "../domain/import.ts";
import { contentHash, type Listing } from "../domain/listing.ts";
import { listingFact } from "../events/listing-facts.ts";
import { numbersOf } from "../ordinals.ts";
import { sealFor } from "../personal/personal-data.ts";
import { findListings, insertListings } from "../storage/listing-store.ts";
import { savePersonal } from "../storage/personal-store.ts";
import type { Deps } from "./deps.ts";
import { type GivenContent, parseContent, partyOf } from "./listing-content.ts";
import { toListingMessage } from "./listing-message.ts";
import { kindNotFound, notThere, orRefuse, toConnectError } from "./problem.ts";
import { withPersonal } from "./with-personal.ts";

const method = CatalogService.method.createListing;

export function createListing(deps: Deps): MethodImpl<typeof method> {
  return async (request, context) => {
    const { market } = idsOf(namePatterns.market, request.parent, "parent");
    const id = request.listingId;
    if (!isResourceId(id)) throw invalidField("listing_id", "listing_id is no id of a listing");
    const given = request.listing as ListingMessage;
    const answer = await mutate(deps, context, { market, method, request }, async (tx, caller) => {
      const owner = ownerOf(caller, market, given.owner);
      const listing = await store(deps, tx, { market, id, owner, caller }, given);
      return { listing: toListingMessage(listing, deps.feedEpoch()) };
    });
    const listing = await withPersonal(deps, context, { market, id }, answer.listing as ListingMessage);
    return { listing };
  };
}

interface Place {
  readonly market: string;
  readonly id: string;
  /** Party id; empty: the market itself. */
  readonly owner: string;
}

async function store(
  deps: Deps,
  tx: Tx,
  place: Place & { readonly caller: Caller },
  given: ListingMessage,
): Promise<Listing> {
  const { market, id, owner } = place;
  const kindId = idsOf(namePatterns.kind, given.kind, "listing.kind");
  const kind = kindId.market === market ? await deps.kinds.load(tx, market, kindId.kind) : undefined;
  if (!kind) throw kindNotFound(kindId.market, kindId.kind);
  const { content, personal } = orRefuse(parseContent(market, kind, given), "listing");
  const sealed = await sealOrRefuse(deps, place, personal);
  const [number] = numbersOf(await deps.ordinals.take(market, kindId.kind, 1));
  if (!number) throw new Error("no ordinal was given");
  const now = deps.now();
  const listing: Listing = {
    ...{ market, id, owner, ...content, ...number, kind: kindId.kind, kindVersion: kind.version },
    ...{ state: "DRAFT", version: 1n, createTime: now, updateTime: now, publishTime: undefined },
    contentHash: contentHash(content),
  };
  if (!(await insertListings(tx, [listing])).has(id)) throw await taken(tx, place);
  if (sealed) await savePersonal(tx, market, [{ id, owner, ...sealed }]);
  await announce(tx, [listingFact("created", listing)]);
  return listing;
}

/** Seals personal attributes; refuses them where nobody owns the listing or its owner has no key. */
export async function sealOrRefuse(
  { keys }: Pick<Deps, "keys">,
  place: Place,
  personal: GivenContent["personal"],
): Promise<Sealed | undefined> {
  if (personal === undefined) return undefined;
  if (place.owner === "") {
    const field = `attributes.${Object.keys(personal)[0]}`;
    const message = "A personal attribute belongs to a party, and the listing has no owner.";
    throw toConnectError({ reason: "OWNER_REQUIRED", message, field, metadata: { field } }, "listing");
  }
  const sealed = await sealFor(keys, place, personal);
  if (sealed) return sealed;
  const owner = `markets/${place.market}/parties/${place.owner}`;
  throw toConnectError({
    reason: "OWNER_ERASED",
    message: "The owner does not exist or was erased: nothing personal can be stored for it.",
    metadata: { owner },
  });
}

/** A party owns what it creates; the market's staff may name any party. */
function ownerOf(caller: Caller, market: string, given: string): string {
  const owner = given === "" ? "" : partyOf(market, given);
  if (owner === undefined)
    throw invalidField("listing.owner", `An owner is named markets/${market}/parties/{party}.`);
  if (caller.reach !== "PARTY") return owner;
  const own = caller.party ?? "";
  if (owner === "" || owner === own) return own;
  const message = "A party owns what it creates: leave owner empty.";
  throw toConnectError({ reason: "OWNER_NOT_ALLOWED", message, metadata: { owner: given } });
}

/** A party does not learn that a listing which it may not see exists. */
async function taken(tx: Tx, { market, id, caller }: Place & { readonly caller: Caller }) {
  const name = `markets/${market}/listings/${id}`;
  const seen = await findListings(tx, market, [id], false);
  if (seen.length === 0) return notThere(caller, "listing", name);
  return toConnectError({
    reason: "LISTING_ALREADY_EXISTS",
    message: `${name} exists`,
    metadata: { listing: name },
  });
}
