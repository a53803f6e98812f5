import {
  freeOf,
  isAt,
  isDefault,
  isOver,
  minus,
  noUnits,
  type Place,
  type Pool,
  plus,
  type Units,
} from "./pool.ts";

/** Which side of the market a listing stands on. */
export type Side = "SUPPLY" | "DEMAND";

/** What can be claimed of one listing. Units are whole numbers up to 2^53. */
export interface Level {
  readonly listingId: string;
  readonly kind: string;
  readonly side: Side;
  readonly ordinal: number;
  readonly ordinalEpoch: number;
  /** Empty: the market itself. */
  readonly ownerParty: string;
  readonly open: boolean;
  readonly unlimited: boolean;
  /** Units by the listing. */
  readonly catalogUnits: number;
  /** Sum of corrections; survives changes of the listing. */
  readonly adjustment: number;
  readonly onHand: number;
  readonly held: number;
  readonly allocated: number;
  /** Empty: none. */
  readonly exclusiveGroup: string;
  /** The listing's value of each group of its kind. */
  readonly groups: Readonly<Record<string, string>>;
  /** No claims before this, by the market clock. */
  readonly embargoUntil: Date | undefined;
  /**
   * Places other than the default location that can still matter: slots that are over and have nothing free or held are left out.
   * In lists of levels they are not read.
   */
  readonly pools: readonly Pool[];
  /** How many pools there are, those left out too. */
  readonly poolCount: number;
  /** The sums of all of them. */
  readonly pooled: Units;
  readonly listingVersion: number;
  readonly version: number;
  /** By the database's clock. */
  readonly updateTime: Date;
}

/** Units that a new claim may take. `Infinity` when unlimited, 0 when the listing is not open. */
export function availableOf(level: Level): number {
  if (!level.open) return 0;
  return level.unlimited ? Number.POSITIVE_INFINITY : level.onHand - level.held - level.allocated;
}

/** Likewise by the market clock: what is free in slots that are over is nobody's to claim. */
export function claimableOf(level: Level, now: Date): number {
  const over = level.pools.filter((pool) => isOver(pool, now));
  return Math.max(0, availableOf(level) - over.reduce((sum, pool) => sum + freeOf(pool), 0));
}

/** Units that one claim may take by the market clock: it is never split over places. `Infinity` when unlimited. */
export function mostAtOnePlace(level: Level, now: Date): number {
  const current = level.pools.filter((pool) => !isOver(pool, now));
  return Math.max(0, defaultFreeOf(level), ...current.map(freeOf));
}

/** Units that a demand still wants. An unlimited demand wants one at a time. */
export function wantedOf(level: Level): number {
  const available = availableOf(level);
  return available === Number.POSITIVE_INFINITY ? 1 : available;
}

/** What is on hand by listing and corrections, whatever is claimed. */
export function targetOf(level: Pick<Level, "unlimited" | "catalogUnits" | "adjustment">): number {
  return level.unlimited ? 0 : Math.max(0, level.catalogUnits + level.adjustment);
}

export function claimed(level: Level, units: number, place?: Place): Level {
  return withUnits(level, place, { ...noUnits, held: units });
}

export function confirmed(level: Level, units: number, place?: Place): Level {
  return withUnits(level, place, { ...noUnits, held: -units, allocated: units });
}

/** Lets held units go. Units that were on hand only because they were claimed go with them. */
export function released(level: Level, units: number, place?: Place): Level {
  return withOnHand(withUnits(level, place, { ...noUnits, held: -units }));
}

/** Claims added to the level and to the pool at the place; absent: the default location. */
function withUnits(level: Level, place: Place | undefined, units: Units): Level {
  const { held, allocated } = plus(level, units);
  return place === undefined || isDefault(place)
    ? { ...level, held, allocated }
    : { ...withPool(level, place, (pool) => ({ ...pool, ...plus(pool, units) })), held, allocated };
}

/** The level with another pool at the place, where there is one; its claims and units on hand are the caller's business. */
export function withPool(level: Level, place: Place, change: (pool: Pool) => Pool): Level {
  const at = level.pools.findIndex((pool) => isAt(pool, place));
  const before = level.pools[at];
  if (!before) throw new Error(`${level.listingId} has no pool at ${place.location}/${place.slot}`);
  const after = change(before);
  return { ...level, pools: level.pools.with(at, after), pooled: plus(level.pooled, minus(after, before)) };
}

/** What is at the default location: all that no pool has. */
export function defaultUnitsOf(level: Level): Units {
  return level.poolCount === 0 ? level : minus(level, level.pooled);
}

/** What is on hand at the default location by listing and corrections, whatever is claimed; below 0 where pools have it all. */
export function defaultTargetOf(level: Level): number {
  return level.catalogUnits + level.adjustment - level.pooled.onHand;
}

/** The level with `onHand` as listing and corrections say, but never below what is claimed at the default location. */
export function withOnHand(level: Level): Level {
  if (level.unlimited) return { ...level, onHand: 0 };
  const { held, allocated } = defaultUnitsOf(level);
  return { ...level, onHand: level.pooled.onHand + Math.max(defaultTargetOf(level), held + allocated) };
}

/** What is at one place; undefined when there is no such pool. */
export function unitsAt(level: Level, place: Place): Units | undefined {
  return isDefault(place) ? defaultUnitsOf(level) : level.pools.find((pool) => isAt(pool, place));
}

/** Units that a claim may take at the default location. */
export function defaultFreeOf(level: Level): number {
  return level.unlimited ? Number.POSITIVE_INFINITY : freeOf(defaultUnitsOf(level));
}

/**
 * What a demand takes of a supply's exclusive group, as `group=value`; undefined when the supply has none. Demands
 * without a value of the group count as one value together.
 */
export function groupValueOf(
  supply: Pick<Level, "exclusiveGroup">,
  demand: Pick<Level, "groups">,
): string | undefined {
  const group = supply.exclusiveGroup;
  return group === "" ? undefined : `${group}=${demand.groups[group] ?? ""}`;
}
