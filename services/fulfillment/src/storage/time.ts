/** A timestamptz as the driver gives it: a Date or Postgres' text, depending on who made the client. */
export type Timestamp = string | Date;

/** Whole milliseconds: the unit of market time. */
export function msOf(value: Timestamp): number {
  return (value instanceof Date ? value : new Date(value)).getTime();
}

export function optionalMsOf(value: Timestamp | null): number | undefined {
  return value === null ? undefined : msOf(value);
}

/** For a column of type timestamptz. */
export function timeOf(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms);
}
