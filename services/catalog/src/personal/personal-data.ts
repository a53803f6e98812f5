import { type Caller, holds } from "@marketmesh/rpc";
import type { Sealed } from "../domain/import.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Listing } from "../domain/listing.ts";
import type { StoredListing } from "../storage/listing-store.ts";
import type { Telemetry } from "../telemetry.ts";
import type { PartyKeys } from "./party-keys.ts";
import { open, seal } from "./seal.ts";

/** Whether a caller may read personal attributes of listings of this owner. */
export function mayReadPersonal(caller: Caller, owner: string): boolean {
  return owner !== "" && (isOwner(caller, owner) || holds(caller.permissions, "catalog.personalData.read"));
}

/** Whether it is worth selecting sealed attributes for this caller; row level security decides which. */
export function wantsPersonal(caller: Caller): boolean {
  return caller.reach === "PARTY" || holds(caller.permissions, "catalog.personalData.read");
}

function isOwner(caller: Caller, owner: string): boolean {
  return caller.reach === "PARTY" && caller.party === owner;
}

interface Reading {
  readonly keys: PartyKeys;
  readonly telemetry: Pick<Telemetry, "personalUnreadable">;
}

/**
 * Opens what the caller may read, by listing id. Listings whose owner was erased have nothing any more; one whose attributes
 * don't open has none either, is told to the operators and leaves the others readable.
 */
export async function readPersonal(
  { keys, telemetry }: Reading,
  caller: Caller,
  stored: readonly StoredListing[],
): Promise<ReadonlyMap<string, JsonObject>> {
  const readable = stored.filter(({ listing, sealed }) => sealed && mayReadPersonal(caller, listing.owner));
  return openAll(keys, readable, ({ market, id }) => telemetry.personalUnreadable(market, id));
}

/** Opens sealed attributes of one listing for a write, which must not go on without them: throws when they don't open. */
export async function openForWrite(keys: PartyKeys, stored: StoredListing): Promise<JsonObject | undefined> {
  const unreadable = ({ market, id }: Listing) => {
    throw new Error(`the personal attributes of markets/${market}/listings/${id} don't open`);
  };
  return (await openAll(keys, stored.sealed ? [stored] : [], unreadable)).get(stored.listing.id);
}

async function openAll(
  keys: PartyKeys,
  stored: readonly StoredListing[],
  unreadable: (listing: Listing) => void,
): Promise<ReadonlyMap<string, JsonObject>> {
  const opened = new Map<string, JsonObject>();
  const [first] = stored;
  if (!first) return opened;
  const byOwner = await keys.keysOf(
    first.listing.market,
    stored.map(({ listing }) => listing.owner),
  );
  for (const { listing, sealed } of stored) {
    const key = byOwner.get(listing.owner);
    if (!key || !sealed) continue;
    const personal = tryOpen(key, listing, sealed);
    if (personal) opened.set(listing.id, personal);
    else unreadable(listing);
  }
  return opened;
}

function tryOpen(key: Buffer, { market, id }: Listing, sealed: Buffer): JsonObject | undefined {
  try {
    return open(key, { market, listing: id }, sealed);
  } catch {
    return undefined;
  }
}

/** Seals personal attributes for the listing's owner; undefined when the owner has no key: it was erased or never was. */
export async function sealFor(
  keys: PartyKeys,
  listing: Pick<Listing, "market" | "id" | "owner">,
  personal: JsonObject,
): Promise<Sealed | undefined> {
  const key = (await keys.keysOf(listing.market, [listing.owner])).get(listing.owner);
  return key && seal(key, { market: listing.market, listing: listing.id }, personal);
}
