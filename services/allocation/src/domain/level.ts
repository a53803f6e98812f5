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

/** Units that a demand still wants. An unlimited demand wants one at a time. */
export function wantedOf(level: Level): number {
  const available = availableOf(level);
  return available === Number.POSITIVE_INFINITY ? 1 : available;
}

/** What is on hand by listing and corrections, whatever is claimed. */
export function targetOf(level: Pick<Level, "unlimited" | "catalogUnits" | "adjustment">): number {
  return level.unlimited ? 0 : Math.max(0, level.catalogUnits + level.adjustment);
}

export function claimed(level: Level, units: number): Level {
  return { ...level, held: level.held + units };
}

export function confirmed(level: Level, units: number): Level {
  return { ...level, held: level.held - units, allocated: level.allocated + units };
}

/** Lets held units go. Units that were on hand only because they were claimed go with them. */
export function released(level: Level, units: number): Level {
  return withOnHand({ ...level, held: level.held - units });
}

/** The level with `onHand` as listing and corrections say, but never below what is claimed. */
export function withOnHand(level: Level): Level {
  const onHand = level.unlimited ? 0 : Math.max(targetOf(level), level.held + level.allocated);
  return { ...level, onHand };
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
