import { namePatterns } from "@marketmesh/contracts";

/** Collections of this service that the shared table of names does not have. */
export const patterns = {
  ...namePatterns,
  capacityLevel: "markets/{market}/capacityLevels/{listing}",
  decision: "markets/{market}/decisions/{decision}",
  clock: "markets/{market}/clock",
} as const;

/** `markets/{market}/{collection}/{id}`; an empty id gives an empty name. Ids come from our tables, checked on their way in. */
export function nameOf(market: string, collection: string, id: string): string {
  return id === "" ? "" : `markets/${market}/${collection}/${id}`;
}
