import { type Level, targetOf, withOnHand } from "./level.ts";
import { noUnits } from "./pool.ts";

/** What catalog says about one listing. */
export interface ListingFact {
  readonly listingId: string;
  readonly kind: string;
  readonly side: Level["side"];
  readonly ordinal: number;
  readonly ordinalEpoch: number;
  readonly ownerParty: string;
  readonly open: boolean;
  readonly unlimited: boolean;
  readonly units: number;
  readonly exclusiveGroup: string;
  readonly groups: Readonly<Record<string, string>>;
  readonly listingVersion: number;
}

/** What a listing's fact does to its level. */
export interface Projected {
  readonly level: Level;
  /** Units on hand gained or lost; 0 leaves no trace in the history. */
  readonly delta: number;
  /** `CATALOG_CLAMPED`: the listing has fewer units now than are claimed; the claims stay. */
  readonly reason: "CATALOG" | "CATALOG_CLAMPED";
}

/** The level after a listing's fact; undefined when the fact is not newer than what is known. */
export function projectListing(
  before: Level | undefined,
  fact: ListingFact,
  now: Date,
): Projected | undefined {
  if (before && fact.listingVersion <= before.listingVersion) return undefined;
  const next = withOnHand({
    listingId: fact.listingId,
    kind: fact.kind,
    side: fact.side,
    ordinal: fact.ordinal,
    ordinalEpoch: fact.ordinalEpoch,
    ownerParty: fact.ownerParty,
    open: fact.open,
    unlimited: fact.unlimited,
    catalogUnits: fact.unlimited ? 0 : fact.units,
    adjustment: before?.adjustment ?? 0,
    onHand: 0,
    held: before?.held ?? 0,
    allocated: before?.allocated ?? 0,
    exclusiveGroup: exclusiveGroupOf(before, fact),
    groups: fact.groups,
    embargoUntil: before?.embargoUntil,
    pools: before?.pools ?? [],
    poolCount: before?.poolCount ?? 0,
    pooled: before?.pooled ?? noUnits,
    listingVersion: fact.listingVersion,
    version: (before?.version ?? 0) + 1,
    updateTime: now,
  });
  const clamped = next.onHand > targetOf(next);
  return {
    level: next,
    delta: next.onHand - (before?.onHand ?? 0),
    reason: clamped ? "CATALOG_CLAMPED" : "CATALOG",
  };
}

// Claims are counted by the group under which they were taken: another one would not count them.
function exclusiveGroupOf(before: Level | undefined, fact: ListingFact): string {
  return before && before.held + before.allocated > 0 ? before.exclusiveGroup : fact.exclusiveGroup;
}
