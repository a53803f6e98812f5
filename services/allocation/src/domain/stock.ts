import { defaultTargetOf, defaultUnitsOf, type Level, unitsAt, withOnHand, withPool } from "./level.ts";
import {
  defaultPlace,
  isDefault,
  keyOfPlace,
  minus,
  noUnits,
  type Place,
  type Pool,
  plus,
  type Units,
} from "./pool.ts";

/** Pools of one listing, slots that are over and have nothing free or held left out. */
export const poolsMax = 1_000;

/** Why stock cannot be changed, with what is claimed where it was to shrink. */
export interface StockRefusal {
  readonly ok: false;
  readonly reason:
    | "CAPACITY_UNLIMITED"
    | "CAPACITY_BELOW_CLAIMS"
    | "POOL_NOT_FOUND"
    | "POOLS_EXHAUSTED"
    | "SLOT_CLAIMED";
  readonly place: Place;
  readonly units?: Units;
}

/** What one place gained or lost. */
export interface Move extends Place {
  readonly delta: number;
}

export interface StockChange {
  readonly ok: true;
  /** With the next version. */
  readonly level: Level;
  /** Of places whose units on hand changed, in the order of the places. */
  readonly moves: readonly Move[];
}

export type StockOutcome = StockChange | StockRefusal;
type Step = { readonly ok: true; readonly level: Level } | StockRefusal;

/** Adds units at a place, or takes some away, never below what is claimed there. A location that receives need not exist. */
export function addUnits(level: Level, place: Place, delta: number, now: Date): StockOutcome {
  return finish(level, changeBy(level, place, delta), now);
}

/** Moves free units between two places of a listing. */
export function transferUnits(level: Level, from: Place, to: Place, units: number, now: Date): StockOutcome {
  const taken = changeBy(level, from, -units);
  return finish(level, taken.ok ? changeBy(taken.level, to, units) : taken, now);
}

/**
 * Sets what is at a place to what was counted there.
 *
 * @param gone allocated units have left the place and are not among the counted: they stay on hand as allocated
 */
export function countUnits(
  level: Level,
  place: Place,
  counted: number,
  gone: boolean,
  now: Date,
): StockOutcome {
  if (level.unlimited) return { ok: false, reason: "CAPACITY_UNLIMITED", place };
  const units = unitsAt(level, place) ?? noUnits;
  // What the listing shrank to below its claims is made up for, too: a count says what is there.
  const known = isDefault(place) ? defaultTargetOf(level) : units.onHand;
  const found = counted + (gone ? units.allocated : 0);
  if (found < units.held + units.allocated)
    return { ok: false, reason: "CAPACITY_BELOW_CLAIMS", place, units };
  return finish(level, changeBy(level, place, found - known), now);
}

/** The level with no claims before a time; undefined: whenever. */
export function embargo(level: Level, until: Date | undefined, now: Date): StockChange {
  return {
    ok: true,
    level: { ...level, embargoUntil: until, version: level.version + 1, updateTime: now },
    moves: [],
  };
}

/** What is at each place, the default location first. */
export function placesOf(level: Level): Pool[] {
  return [
    { ...defaultPlace, ...pick(defaultUnitsOf(level)), start: undefined, end: undefined },
    ...level.pools,
  ];
}

function changeBy(level: Level, place: Place, delta: number): Step {
  if (level.unlimited) return { ok: false, reason: "CAPACITY_UNLIMITED", place };
  if (isDefault(place)) return changeDefault(level, delta);
  const units = unitsAt(level, place);
  if (!units) return delta < 0 || place.slot !== "" ? missing(place) : withNewPool(level, place, delta);
  if (delta < 0 && units.onHand + delta < units.held + units.allocated) return below(place, units);
  const changed = withPool(level, place, (pool) => ({ ...pool, onHand: pool.onHand + delta }));
  return { ok: true, level: { ...changed, adjustment: level.adjustment + delta } };
}

// By listing and corrections, not by `onHand`: what is there only because it is claimed cannot be given away.
function changeDefault(level: Level, delta: number): Step {
  const units = defaultUnitsOf(level);
  if (delta < 0 && defaultTargetOf(level) + delta < units.held + units.allocated)
    return below(defaultPlace, units);
  return { ok: true, level: { ...level, adjustment: level.adjustment + delta } };
}

function withNewPool(level: Level, place: Place, units: number): Step {
  const pool = { ...place, ...noUnits, onHand: units, start: undefined, end: undefined };
  const grown = withPools(level, [...level.pools, pool]);
  return grown.ok ? { ok: true, level: { ...grown.level, adjustment: level.adjustment + units } } : grown;
}

/** The level with these pools instead of those it has; how many there are in all and what they sum up to follows. */
export function withPools(level: Level, pools: readonly Pool[]): Step {
  if (pools.length > poolsMax && pools.length > level.pools.length)
    return { ok: false, reason: "POOLS_EXHAUSTED", place: pools.at(-1)! };
  const before = level.pools.reduce<Units>(plus, noUnits);
  const after = pools.reduce<Units>(plus, noUnits);
  const poolCount = level.poolCount + pools.length - level.pools.length;
  return {
    ok: true,
    level: { ...level, pools, poolCount, pooled: plus(level.pooled, minus(after, before)) },
  };
}

/** The change as a whole: what is on hand then, the next version, and what moved. */
export function finish(before: Level, step: Step, now: Date): StockOutcome {
  if (!step.ok) return step;
  const level = { ...withOnHand(step.level), version: before.version + 1, updateTime: now };
  return { ok: true, level, moves: movesBetween(before, level) };
}

function movesBetween(before: Level, after: Level): Move[] {
  const onHand = new Map(placesOf(before).map((pool) => [keyOfPlace(pool), pool.onHand]));
  const gone = gonePools(before, after).map((pool) => ({ ...pool, onHand: 0 }));
  return [...placesOf(after), ...gone].flatMap((pool) => {
    const delta = pool.onHand - (onHand.get(keyOfPlace(pool)) ?? 0);
    return delta === 0 ? [] : [{ location: pool.location, slot: pool.slot, delta }];
  });
}

/** Pools that a change took away. */
export function gonePools(before: Level, after: Level): Pool[] {
  const left = new Set(after.pools.map(keyOfPlace));
  return before.pools.filter((pool) => !left.has(keyOfPlace(pool)));
}

function pick({ onHand, held, allocated }: Units): Units {
  return { onHand, held, allocated };
}

function missing(place: Place): StockRefusal {
  return { ok: false, reason: "POOL_NOT_FOUND", place };
}

function below(place: Place, units: Units): StockRefusal {
  return { ok: false, reason: "CAPACITY_BELOW_CLAIMS", place, units };
}
