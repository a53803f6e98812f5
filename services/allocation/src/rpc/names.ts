import { namePatterns } from "@marketmesh/contracts";
import { idsOf, invalidField } from "@marketmesh/rpc";

/** Collections of this service that the shared table of names does not have. */
export const patterns = {
  ...namePatterns,
  capacityLevel: "markets/{market}/capacityLevels/{listing}",
  bundle: "markets/{market}/bundles/{bundle}",
  decision: "markets/{market}/decisions/{decision}",
  waitlistEntry: "markets/{market}/waitlistEntries/{waitlistEntry}",
  clock: "markets/{market}/clock",
} as const;

/** `markets/{market}/{collection}/{id}`; an empty id gives an empty name. Ids come from our tables, checked on their way in. */
export function nameOf(market: string, collection: string, id: string): string {
  return id === "" ? "" : `markets/${market}/${collection}/${id}`;
}

/** The id of a listing of this market; undefined when nothing is named. INVALID_ARGUMENT for a name of another market. */
export function listingOf(market: string, name: string, field: string): string | undefined {
  if (name === "") return undefined;
  const ids = idsOf(patterns.listing, name, field);
  if (ids.market !== market) throw invalidField(field, `not a listing of markets/${market}`);
  return ids.listing;
}

/** Likewise the id of a party. */
export function partyOf(market: string, name: string, field: string): string | undefined {
  if (name === "") return undefined;
  const ids = idsOf(patterns.party, name, field);
  if (ids.market !== market) throw invalidField(field, `not a party of markets/${market}`);
  return ids.party;
}

/** Likewise the id of a round. */
export function roundOf(market: string, name: string, field: string): string | undefined {
  if (name === "") return undefined;
  const ids = idsOf(patterns.round, name, field);
  if (ids.market !== market) throw invalidField(field, `not a round of markets/${market}`);
  return ids.round;
}

/** Likewise the id of a plan. */
export function planOf(market: string, name: string, field: string): string | undefined {
  if (name === "") return undefined;
  const ids = idsOf(patterns.plan, name, field);
  if (ids.market !== market) throw invalidField(field, `not a plan of markets/${market}`);
  return ids.plan;
}
