import type { Level } from "./level.ts";
import { isOver, type Pool } from "./pool.ts";
import { finish, type StockOutcome, withPools } from "./stock.ts";

/** A time slot as its owner defines it. */
export interface Slot {
  readonly id: string;
  readonly start: Date;
  readonly end: Date;
  readonly units: number;
}

/**
 * Defines slots at a location: new ones, and those that are there with other units or times. What has claims keeps its times
 * and never has fewer units than are claimed.
 *
 * @param marketTime slots at the location that are over by it lose what is free in them, for nobody can claim it any more
 * @param replace slots at the location that are not named go away; they must have no claims, unless they are over
 */
export function defineSlots(
  level: Level,
  location: string,
  slots: readonly Slot[],
  { replace, marketTime, now }: { replace: boolean; marketTime: Date; now: Date },
): StockOutcome {
  if (level.unlimited) return { ok: false, reason: "CAPACITY_UNLIMITED", place: { location, slot: "" } };
  const kept: Pool[] = [];
  const wanted = new Map(slots.map((slot) => [slot.id, slot]));
  for (const pool of level.pools) {
    const slot = wanted.get(pool.slot);
    if (pool.location !== location || pool.slot === "") kept.push(pool);
    else if (slot) {
      const changed = changeSlot(pool, slot);
      if (!changed.ok) return changed;
      kept.push(changed.pool);
      wanted.delete(pool.slot);
    } else if (isOver(pool, marketTime)) kept.push(...closed(pool));
    else if (!replace) kept.push(pool);
    else if (claimsOf(pool) > 0) return { ok: false, reason: "SLOT_CLAIMED", place: pool, units: pool };
  }
  const fresh = [...wanted.values()].map((slot) => newSlot(location, slot));
  const grown = withPools(level, [...kept, ...fresh]);
  if (!grown.ok) return grown;
  const delta = grown.level.pooled.onHand - level.pooled.onHand;
  return finish(level, { ok: true, level: { ...grown.level, adjustment: level.adjustment + delta } }, now);
}

function changeSlot(pool: Pool, { start, end, units }: Slot) {
  const moved = pool.start?.getTime() !== start.getTime() || pool.end?.getTime() !== end.getTime();
  if (moved && claimsOf(pool) > 0)
    return { ok: false, reason: "SLOT_CLAIMED", place: pool, units: pool } as const;
  if (units < claimsOf(pool))
    return { ok: false, reason: "CAPACITY_BELOW_CLAIMS", place: pool, units: pool } as const;
  return { ok: true, pool: { ...pool, start, end, onHand: units } } as const;
}

function newSlot(location: string, { id, start, end, units }: Slot): Pool {
  return { location, slot: id, start, end, onHand: units, held: 0, allocated: 0 };
}

// Without claims nothing refers to it.
function closed(pool: Pool): Pool[] {
  const claims = claimsOf(pool);
  return claims === 0 ? [] : [{ ...pool, onHand: claims }];
}

function claimsOf({ held, allocated }: Pool): number {
  return held + allocated;
}
