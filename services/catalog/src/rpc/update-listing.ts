import type { MethodImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import {
  CatalogService,
  Listing_Audience,
  type Listing as ListingMessage,
} from "@marketmesh/contracts/catalog/v1";
import { announce } from "@marketmesh/events";
import type { Tx } from "@marketmesh/postgres";
import { type Caller, idsOf } from "@marketmesh/rpc";
import { mutate } from "@marketmesh/service-host/calls";
import type { CompiledKind } from "../domain/compiled-kind.ts";
import type { Json } from "../domain/json.ts";
import { type Listing, type ListingContent, revise } from "../domain/listing.ts";
import { parseCapacity } from "../domain/listing-input.ts";
import { parseUpdateMask, type Update } from "../domain/update-mask.ts";
import { listingFact } from "../events/listing-facts.ts";
import { mayReadPersonal, openForWrite } from "../personal/personal-data.ts";
import type { LockedListing } from "../storage/listing-store.ts";
import { removePersonal, savePersonal } from "../storage/personal-store.ts";
import { sealOrRefuse } from "./create-listing.ts";
import type { Deps } from "./deps.ts";
import { audienceOf } from "./listing-content.ts";
import { toListingMessage } from "./listing-message.ts";
import { lockFresh, saveNext } from "./move-listing.ts";
import { kindNotFound, orRefuse } from "./problem.ts";
import { withPersonal } from "./with-personal.ts";

const method = CatalogService.method.updateListing;

export function updateListing(deps: Deps): MethodImpl<typeof method> {
  return async (request, context) => {
    const given = request.listing as ListingMessage;
    const { market, listing: id } = idsOf(namePatterns.listing, given.name, "listing.name");
    const update = orRefuse(parseUpdateMask(request.updateMask?.paths));
    const answer = await mutate(deps, context, { market, method, request }, async (tx, caller) => {
      const locked = await lockFresh(tx, caller, { market, id, etag: given.etag });
      const listing = await change(deps, tx, { caller, locked, update, given });
      return { listing: toListingMessage(listing, deps.feedEpoch()) };
    });
    return { listing: await withPersonal(deps, context, { market, id }, answer.listing as ListingMessage) };
  };
}

interface Change {
  readonly caller: Caller;
  readonly locked: LockedListing;
  readonly update: Update;
  readonly given: ListingMessage;
}

async function change(deps: Deps, tx: Tx, asked: Change): Promise<Listing> {
  const { listing, fingerprint } = asked.locked;
  const { market, id, owner } = listing;
  const kind = await deps.kinds.load(tx, market, listing.kind);
  if (!kind) throw kindNotFound(market, listing.kind);
  const touched = asked.update.attributes === "whole" || asked.update.attributes.size > 0;
  const attributes = touched ? await checkedAttributes(deps, kind, asked) : undefined;
  const personal = attributes && (await sealOrRefuse(deps, listing, attributes.personal));
  const personalChanged = touched && !sameBytes(personal?.fingerprint, fingerprint);
  const content: ListingContent = {
    ...nextAudience(asked),
    capacity: asked.update.capacity
      ? orRefuse(parseCapacity(asked.given.capacity), "listing")
      : listing.capacity,
    attributesJson: attributes?.openJson ?? listing.attributesJson,
    groups: attributes?.groups ?? listing.groups,
  };
  const kindVersion = touched ? kind.version : listing.kindVersion;
  const next = orRefuse(revise(listing, content, { kindVersion, personalChanged, now: deps.now() }), "");
  if (next === listing) return listing;
  await saveNext(tx, next);
  if (personalChanged && personal) await savePersonal(tx, market, [{ id, owner, ...personal }]);
  if (personalChanged && !personal) await removePersonal(tx, market, [id]);
  await announce(tx, [listingFact("updated", next)]);
  return next;
}

function nextAudience({ locked: { listing }, update, given }: Change) {
  if (!update.audience && !update.audienceParties) {
    return { audience: listing.audience, audienceParties: listing.audienceParties };
  }
  const audience = update.audience ? given.audience : Listing_Audience[listing.audience];
  const kept = audience === Listing_Audience.PARTIES ? listing.audienceParties : [];
  const parties = update.audienceParties
    ? given.audienceParties
    : kept.map((party) => `markets/${listing.market}/parties/${party}`);
  return orRefuse(audienceOf(listing.market, audience, parties), "listing");
}

/**
 * The attributes after the update, checked by the kind. Personal ones that the caller may not read stay unless it sets them:
 * who writes back what it has read must not wipe what was hidden from it.
 */
async function checkedAttributes(deps: Deps, kind: CompiledKind, { caller, locked, update, given }: Change) {
  const { listing } = locked;
  const whole = update.attributes === "whole";
  const keepsPersonal = !whole || !mayReadPersonal(caller, listing.owner);
  const personal = keepsPersonal ? await openForWrite(deps.keys, locked) : undefined;
  const next: Record<string, Json> = { ...personal, ...(whole ? {} : givenBefore(kind, listing)) };
  const names = update.attributes === "whole" ? Object.keys(given.attributes ?? {}) : update.attributes;
  for (const name of names) {
    const value =
      given.attributes && Object.hasOwn(given.attributes, name) ? given.attributes[name] : undefined;
    // Returned with the listing, so they come back with it; they are computed anew.
    if (whole && kind.derivedTypes.has(name)) continue;
    if (value === undefined) delete next[name];
    else next[name] = value as Json;
  }
  return orRefuse(kind.check(next), "listing");
}

/** The stored attributes without the derived ones: what was once given. */
function givenBefore(kind: CompiledKind, listing: Listing): Record<string, Json> {
  const stored = JSON.parse(listing.attributesJson) as Record<string, Json>;
  return Object.fromEntries(Object.entries(stored).filter(([name]) => !kind.derivedTypes.has(name)));
}

function sameBytes(one: Buffer | undefined, other: Buffer | undefined): boolean {
  return one === undefined || other === undefined ? one === other : one.equals(other);
}
