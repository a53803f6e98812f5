import { type Level, withOnHand } from "../domain/level.ts";
import { noUnits } from "../domain/pool.ts";

/** A level with sensible values where none are given. */
export function levelOf(given: Partial<Level> & Pick<Level, "listingId">): Level {
  const side = given.side ?? "SUPPLY";
  return withOnHand({
    kind: side === "SUPPLY" ? "tool" : "want",
    side,
    ordinal: 0,
    ordinalEpoch: 1,
    ownerParty: `owner-of-${given.listingId}`,
    open: true,
    unlimited: false,
    catalogUnits: 1,
    adjustment: 0,
    onHand: 0,
    held: 0,
    allocated: 0,
    exclusiveGroup: "",
    groups: {},
    embargoUntil: undefined,
    pools: [],
    poolCount: 0,
    pooled: noUnits,
    listingVersion: 1,
    version: 1,
    updateTime: new Date(0),
    ...given,
  });
}
