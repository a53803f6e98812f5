import { defaultFreeOf, type Level } from "./level.ts";
import { byPlace, defaultPlace, freeOf, isOver, type Place } from "./pool.ts";

/** Where a claim wants its units; what is empty does not matter. */
export type WantedPlace = Place;

/** Where a claim takes its units, or why nowhere. */
export type PickedPlace = Place | "POOL_NOT_FOUND" | "SLOT_OVER" | "CAPACITY_EXHAUSTED";

/**
 * The first place that has the units free, all of them: the default location, then by location id, plain stock before slots,
 * earlier slots before later ones. A slot that is over gives nothing.
 */
export function pickPlace(
  level: Level,
  units: number,
  wanted: WantedPlace | undefined,
  now: Date,
): PickedPlace {
  const { location = "", slot = "" } = wanted ?? {};
  const anywhere = location === "" && slot === "";
  if (anywhere && defaultFreeOf(level) >= units) return defaultPlace;
  const fitting = level.pools.filter(
    (pool) => (location === "" || pool.location === location) && (slot === "" || pool.slot === slot),
  );
  if (fitting.length === 0) return anywhere ? "CAPACITY_EXHAUSTED" : "POOL_NOT_FOUND";
  const current = fitting.filter((pool) => !isOver(pool, now));
  if (current.length === 0) return anywhere ? "CAPACITY_EXHAUSTED" : "SLOT_OVER";
  return current.toSorted(byPlace).find((pool) => freeOf(pool) >= units) ?? "CAPACITY_EXHAUSTED";
}
