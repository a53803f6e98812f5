import { anyUnpack } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import {
  type CatalogService,
  Side as KindSide,
  type Listing,
  Listing_State,
  ListingClosedSchema,
  ListingCreatedSchema,
  ListingPausedSchema,
  ListingPublishedSchema,
  ListingUpdatedSchema,
} from "@marketmesh/contracts/catalog/v1";
import type { Envelope } from "@marketmesh/contracts/events/v1";
import type { Tx } from "@marketmesh/postgres";
import type { Side } from "../domain/level.ts";
import { type ListingFact, type Projected, projectListing } from "../domain/listing-projection.ts";
import { defaultPlace } from "../domain/pool.ts";
import { appendCapacityChanges, type CapacityChange } from "../storage/capacity-change-store.ts";
import { insertLevels, lockLevels, saveLevels } from "../storage/capacity-store.ts";
import { announceChanges } from "./outbox.ts";

const schemas = [
  ListingCreatedSchema,
  ListingUpdatedSchema,
  ListingPublishedSchema,
  ListingPausedSchema,
  ListingClosedSchema,
] as const;

/** The part of catalog that the projection needs. */
export type KindsClient = Pick<Client<typeof CatalogService>, "getKind">;

/** Which side a kind stands on: asked once per kind and process, for it never changes. */
export type SideOf = (kindName: string) => Promise<Side>;

export function sidesOfKinds(catalog: KindsClient, now: () => AbortSignal): SideOf {
  const known = new Map<string, Side>();
  return async (name) => {
    const side = known.get(name);
    if (side) return side;
    const { kind } = await catalog.getKind({ name }, { signal: now() });
    const asked: Side = kind?.side === KindSide.DEMAND ? "DEMAND" : "SUPPLY";
    known.set(name, asked);
    return asked;
  };
}

/**
 * Projects listings to capacity levels, set-based. Facts may come twice, late and out of order: each carries the whole
 * listing, and one that is not newer than the level is dropped. Levels are announced when they change.
 */
export async function onListing(sideOf: SideOf, tx: Tx, envelopes: readonly Envelope[]): Promise<void> {
  for (const [market, facts] of await factsByMarket(sideOf, envelopes)) await project(tx, market, facts);
}

async function factsByMarket(
  sideOf: SideOf,
  envelopes: readonly Envelope[],
): Promise<Map<string, ListingFact[]>> {
  const byMarket = new Map<string, ListingFact[]>();
  for (const { market, fact } of envelopes) {
    const listing = fact && schemas.map((schema) => anyUnpack(fact, schema)).find((body) => body)?.listing;
    if (!listing) continue;
    const facts = byMarket.get(market) ?? [];
    facts.push(factOf(listing, await sideOf(listing.kind)));
    byMarket.set(market, facts);
  }
  return byMarket;
}

async function project(tx: Tx, market: string, facts: readonly ListingFact[]): Promise<void> {
  if (facts.length === 0) return;
  const now = new Date();
  const ids = facts.map(({ listingId }) => listingId);
  const before = new Map((await lockLevels(tx, market, ids)).map((level) => [level.listingId, level]));
  const latest = latestOf(facts);
  const projected = latest.flatMap((fact) => projectListing(before.get(fact.listingId), fact, now) ?? []);
  const fresh = projected.filter(({ level }) => !before.has(level.listingId));
  const inserted = await insertLevels(
    tx,
    market,
    fresh.map(({ level }) => level),
  );
  const known = projected.filter(({ level }) => before.has(level.listingId));
  await saveLevels(
    tx,
    market,
    known.map(({ level }) => level),
  );
  const written = projected.filter(
    ({ level }) => before.has(level.listingId) || inserted.has(level.listingId),
  );
  await appendCapacityChanges(tx, market, historyOf(written, now));
  await announceChanges(tx, market, { levels: written.map(({ level }) => level) });
  // Another transaction inserted these first and has committed since: now they can be locked.
  const missed = new Set(fresh.map(({ level }) => level.listingId).filter((id) => !inserted.has(id)));
  await project(
    tx,
    market,
    latest.filter(({ listingId }) => missed.has(listingId)),
  );
}

function historyOf(projected: readonly Projected[], now: Date): CapacityChange[] {
  return projected.flatMap(({ level, delta, reason }) => {
    if (delta === 0) return [];
    const { listingId, version, onHand } = level;
    const moves = [{ ...defaultPlace, delta }];
    return [
      { listingId, version, delta, onHand, reason, principal: "", createTime: now, kind: "CATALOG", moves },
    ];
  });
}

/** The newest fact of each listing. */
function latestOf(facts: readonly ListingFact[]): ListingFact[] {
  const latest = new Map<string, ListingFact>();
  for (const fact of facts) {
    const known = latest.get(fact.listingId);
    if (!known || known.listingVersion < fact.listingVersion) latest.set(fact.listingId, fact);
  }
  return [...latest.values()];
}

function factOf(listing: Listing, side: Side): ListingFact {
  return {
    listingId: lastSegment(listing.name),
    kind: lastSegment(listing.kind),
    side,
    ordinal: listing.ordinal,
    ordinalEpoch: Number(listing.ordinalEpoch),
    ownerParty: lastSegment(listing.owner),
    open: listing.state === Listing_State.ACTIVE,
    unlimited: listing.capacity?.unlimited ?? false,
    units: listing.capacity ? Number(listing.capacity.units) : 1,
    exclusiveGroup: listing.capacity?.exclusiveGroup ?? "",
    groups: listing.groups,
    listingVersion: Number(listing.version),
  };
}

function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
