/** Where units of a listing are. Both empty: the default location, which is not a pool. */
export interface Place {
  readonly location: string;
  /** Empty: not a time slot. */
  readonly slot: string;
}

export const defaultPlace: Place = { location: "", slot: "" };

export function isDefault({ location, slot }: Place): boolean {
  return location === "" && slot === "";
}

/** Units, and what is claimed of them. */
export interface Units {
  readonly onHand: number;
  readonly held: number;
  readonly allocated: number;
}

/** Units of a listing at one place. */
export interface Pool extends Place, Units {
  /** Of the slot, by the market clock; undefined when it is none. */
  readonly start: Date | undefined;
  readonly end: Date | undefined;
}

export const noUnits: Units = { onHand: 0, held: 0, allocated: 0 };

export function freeOf({ onHand, held, allocated }: Units): number {
  return onHand - held - allocated;
}

export function plus(a: Units, b: Units): Units {
  return { onHand: a.onHand + b.onHand, held: a.held + b.held, allocated: a.allocated + b.allocated };
}

export function minus(a: Units, b: Units): Units {
  return { onHand: a.onHand - b.onHand, held: a.held - b.held, allocated: a.allocated - b.allocated };
}

export function isAt(pool: Place, place: Place): boolean {
  return pool.location === place.location && pool.slot === place.slot;
}

/** One text for a place; ids never contain a newline. */
export function keyOfPlace({ location, slot }: Place): string {
  return `${location}\n${slot}`;
}

/** Whether the slot is over by the market clock; false for what is no slot. */
export function isOver(pool: Pool, now: Date): boolean {
  return pool.end !== undefined && pool.end <= now;
}

/** The order in which places are tried: by location, plain stock before slots, earlier slots first. */
export function byPlace(a: Pool, b: Pool): number {
  return (
    compare(a.location, b.location) ||
    (a.start?.getTime() ?? 0) - (b.start?.getTime() ?? 0) ||
    compare(a.slot, b.slot)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
