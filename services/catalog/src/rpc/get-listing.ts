import type { MethodImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import type { CatalogService } from "@marketmesh/contracts/catalog/v1";
import type { Tx } from "@marketmesh/postgres";
import { type Caller, callerOf, idsOf } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { readPersonal, wantsPersonal } from "../personal/personal-data.ts";
import { findListings, findRevision, type StoredListing } from "../storage/listing-store.ts";
import type { Deps } from "./deps.ts";
import { toListingMessage } from "./listing-message.ts";
import { notThere, toConnectError } from "./problem.ts";

type Uses = Pick<Deps, "database" | "keys" | "feedEpoch" | "telemetry">;

export function getListing(deps: Uses): MethodImpl<typeof CatalogService.method.getListing> {
  return async ({ name, version }, context) => {
    const { market, listing: id } = idsOf(namePatterns.listing, name);
    const caller = callerOf(context);
    const stored = await read(deps, context, market, (tx) => findAt(tx, caller, { market, id, version }));
    const personal = stored.sealed && (await readPersonal(deps, caller, [stored])).get(id);
    return { listing: toListingMessage(stored.listing, deps.feedEpoch(), personal) };
  };
}

interface Wanted {
  readonly market: string;
  readonly id: string;
  /** 0 means the current one. */
  readonly version: bigint;
}

async function findAt(tx: Tx, caller: Caller, { market, id, version }: Wanted): Promise<StoredListing> {
  const name = `markets/${market}/listings/${id}`;
  const [current] = await findListings(tx, market, [id], wantsPersonal(caller));
  if (!current) throw notThere(caller, "listing", name);
  if (version === 0n || version === current.listing.version) return current;
  const listing = await findRevision(tx, market, id, version);
  if (listing) return { listing, sealed: undefined };
  throw toConnectError({
    reason: "LISTING_VERSION_NOT_FOUND",
    message: `${name} has no version ${version}`,
    metadata: { listing: name, version: String(version) },
  });
}
