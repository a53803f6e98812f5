import { claimableOf, type Level, mostAtOnePlace, wantedOf } from "./level.ts";

/** What a round needs to know of one open listing. */
export interface SnapshotLevel {
  readonly id: string;
  readonly ordinal: number;
  readonly epoch: number;
  /** Demand: units wanted. Supply: units left; -1 when unlimited. */
  readonly units: number;
  /** Supply: units that one claim may take, all of them at one place; absent when all that are left. */
  readonly together?: number;
  /** Supply: its exclusive group; absent when none. */
  readonly group?: string;
  /** Demand: its values of groups; absent when none. */
  readonly groups?: Readonly<Record<string, string>>;
  /** Its owner party, where the plan asks; absent when none. */
  readonly owner?: string;
  /** Demand: seconds of market time since the first decision about it, where the plan asks. */
  readonly waited?: number;
}

export function demandSnapshot(level: Level, withOwner = false): SnapshotLevel {
  const { listingId: id, ordinal, ordinalEpoch: epoch, groups } = level;
  const some = Object.keys(groups).length > 0;
  return {
    id,
    ordinal,
    epoch,
    units: wantedOf(level),
    ...(some && { groups }),
    ...ownerOf(level, withOwner),
  };
}

/** @param now by the market clock */
export function supplySnapshot(level: Level, now: Date, withOwner = false): SnapshotLevel {
  const { listingId: id, ordinal, ordinalEpoch: epoch, exclusiveGroup: group } = level;
  const left = claimableOf(level, now);
  const units = left === Number.POSITIVE_INFINITY ? -1 : left;
  const together = mostAtOnePlace(level, now);
  return {
    id,
    ordinal,
    epoch,
    units,
    ...(together < left && { together }),
    ...(group !== "" && { group }),
    ...ownerOf(level, withOwner),
  };
}

function ownerOf({ ownerParty: owner }: Level, wanted: boolean): { owner?: string } {
  return wanted && owner !== "" ? { owner } : {};
}
