import type { HandlerContext } from "@connectrpc/connect";
import type { Listing as ListingMessage } from "@marketmesh/contracts/catalog/v1";
import { scopeOf } from "@marketmesh/postgres";
import { callerOf } from "@marketmesh/rpc";
import { readPersonal, wantsPersonal } from "../personal/personal-data.ts";
import { findListings } from "../storage/listing-store.ts";
import type { Deps } from "./deps.ts";

/**
 * Adds the personal attributes that the caller may read to the answer of a write. They are read again, because neither the
 * remembered answer nor the event may hold them; a listing that has moved on meanwhile gets none.
 */
export async function withPersonal(
  deps: Pick<Deps, "database" | "keys" | "telemetry">,
  context: HandlerContext,
  at: { readonly market: string; readonly id: string },
  message: ListingMessage,
): Promise<ListingMessage> {
  const caller = callerOf(context);
  if (message.owner === "" || !wantsPersonal(caller)) return message;
  const stored = await deps.database.transaction(scopeOf(caller, at.market), (tx) =>
    findListings(tx, at.market, [at.id], true),
  );
  const current = stored.filter(({ listing }) => listing.version === message.version);
  const personal = (await readPersonal(deps, caller, current)).get(at.id);
  return personal
    ? { ...message, attributes: { ...message.attributes, ...(personal as typeof message.attributes) } }
    : message;
}
