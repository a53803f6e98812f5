import type { MethodImpl } from "@connectrpc/connect";
import { namePatterns } from "@marketmesh/contracts";
import type { CatalogService, Listing as ListingMessage } from "@marketmesh/contracts/catalog/v1";
import { type Caller, callerOf, idsOf } from "@marketmesh/rpc";
import { visibleTo } from "../domain/listing.ts";
import { type ListingChange, WatchEnded, type Watchers } from "../events/watchers.ts";
import type { Telemetry } from "../telemetry.ts";
import { kindIn } from "./list-listings.ts";
import { audienceWord } from "./listing-content.ts";
import { revisionOf } from "./listing-message.ts";
import { toConnectError } from "./problem.ts";

/** What a watch needs. */
export interface WatchDeps {
  readonly watchers: Watchers;
  /** Whether this process has found its place in the feed. */
  readonly following: () => boolean;
  readonly telemetry: Telemetry;
}

export function watchListings(deps: WatchDeps): MethodImpl<typeof CatalogService.method.watchListings> {
  return async function* ({ parent, kind }, context) {
    const { market } = idsOf(namePatterns.market, parent, "parent");
    const kindName = kind === "" ? "" : `markets/${market}/kinds/${kindIn(market, kind)}`;
    const caller = callerOf(context);
    if (!deps.following()) throw notCaughtUp(market);
    const wants = (change: ListingChange) =>
      change.market === market &&
      (kindName === "" || change.listing.kind === kindName) &&
      sees(caller, change.listing);
    const changes = deps.watchers.watch(wants, context.signal);
    // Asked for before the empty message goes out: from then on nothing is missed.
    let next = changes.next();
    yield {};
    try {
      for (let change = await next; !change.done; change = await next) {
        const { listing, fact, feedEpoch } = change.value;
        next = changes.next();
        yield { listing: withRevision(listing, feedEpoch), fact };
      }
      deps.telemetry.watchEnded("left");
    } catch (error) {
      if (!(error instanceof WatchEnded)) throw error;
      deps.telemetry.watchEnded(error.problem.reason === "WATCH_INTERRUPTED" ? "interrupted" : "slow");
      throw toConnectError(error.problem);
    } finally {
      next.catch(() => {});
    }
  };
}

/** The same rule as row level security's, on what the event says. */
function sees(caller: Caller, listing: ListingMessage): boolean {
  if (caller.reach !== "PARTY") return true;
  return visibleTo(caller.party ?? "", {
    owner: idAfter("/parties/", listing.owner),
    audience: audienceWord(listing.audience),
    audienceParties: listing.audienceParties.map((name) => idAfter("/parties/", name)),
    published: listing.publishTime !== undefined,
  });
}

function idAfter(collection: string, name: string): string {
  const at = name.indexOf(collection);
  return at < 0 ? "" : name.slice(at + collection.length);
}

function withRevision(listing: ListingMessage, feedEpoch: bigint): ListingMessage {
  const id = idAfter("/listings/", listing.name);
  return {
    ...listing,
    revision: revisionOf({ id, ordinal: listing.ordinal, version: listing.version }, feedEpoch),
  };
}

function notCaughtUp(market: string) {
  const message = "This service has not found its place in the feed yet.";
  return toConnectError({ reason: "NOT_CAUGHT_UP", message, metadata: { market } });
}
