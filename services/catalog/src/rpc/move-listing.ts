import { namePatterns } from "@marketmesh/contracts";
import { announce } from "@marketmesh/events";
import type { Tx } from "@marketmesh/postgres";
import { type Caller, idsOf, staleEtag } from "@marketmesh/rpc";
import { isFresh, type Listing, move, type Verb } from "../domain/listing.ts";
import { listingFact } from "../events/listing-facts.ts";
import { type LockedListing, lockListings, saveListings } from "../storage/listing-store.ts";
import { notThere, orRefuse } from "./problem.ts";

const factOf = { publish: "published", pause: "paused", close: "closed" } as const;

/** What PublishListing, PauseListing and CloseListing have in common. */
export interface MoveRequest {
  readonly name: string;
  readonly etag: string;
  readonly requestId: string;
}

/** Locks a listing, moves it and announces that, in the caller's transaction. */
export async function moveListing(
  tx: Tx,
  caller: Caller,
  request: MoveRequest,
  how: { readonly verb: Verb; readonly now: Date },
): Promise<Listing> {
  const { market, listing: id } = idsOf(namePatterns.listing, request.name);
  const { listing } = await lockFresh(tx, caller, { market, id, etag: request.etag });
  const next = orRefuse(move(listing, how.verb, how.now));
  if (next === listing) return listing;
  await saveNext(tx, next);
  await announce(tx, [listingFact(factOf[how.verb], next)]);
  return next;
}

/** Locks a listing that the caller may write, at the version that its etag names. */
export async function lockFresh(
  tx: Tx,
  caller: Caller,
  wanted: { readonly market: string; readonly id: string; readonly etag: string },
): Promise<LockedListing> {
  const name = `markets/${wanted.market}/listings/${wanted.id}`;
  const [locked] = await lockListings(tx, wanted.market, [wanted.id]);
  if (!locked) throw notThere(caller, "listing", name);
  if (!isFresh(wanted.etag, locked.listing.version)) throw staleEtag(name);
  return locked;
}

/** Stores the next version of a listing; the statement checks once more that no other version came between. */
export async function saveNext(tx: Tx, next: Listing): Promise<void> {
  const saved = await saveListings(tx, [next]);
  if (!saved.has(next.id)) throw staleEtag(`markets/${next.market}/listings/${next.id}`);
}
