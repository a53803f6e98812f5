/** A timestamptz as the driver gives it: a Date or Postgres' text, depending on who made the client. */
export type Timestamp = string | Date;

/** Whole milliseconds: the unit of market time. */
export function dateOf(value: Timestamp): Date {
  return value instanceof Date ? value : new Date(value);
}

export function optionalDateOf(value: Timestamp | null): Date | undefined {
  return value === null ? undefined : dateOf(value);
}
