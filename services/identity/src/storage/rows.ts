import { type SQL, sql } from "drizzle-orm";

// The driver gives times as text or Date and bigints as text, depending on how a client was set up.
export type TimeValue = Date | string;

export function timeOf(value: TimeValue): Date {
  return value instanceof Date ? value : new Date(value);
}

export function timeOrNone(value: TimeValue | null): Date | undefined {
  return value === null ? undefined : timeOf(value);
}

/** A time as a parameter. */
export function at(time: Date): SQL {
  return sql`${time.toISOString()}::timestamptz`;
}

export function atOrNull(time: Date | undefined): SQL {
  return time ? at(time) : sql`null::timestamptz`;
}

/** Texts as one array parameter. */
export function texts(values: readonly string[]): SQL {
  return sql`${sql.param([...values])}::text[]`;
}

/** One page of a list: rows after this id, at most so many. */
export interface IdPage {
  readonly afterId: string | undefined;
  readonly limit: number;
}

/** `id > …` where a page follows another. Ids compare bytewise: every id column is of collation "C". */
export function afterId(page: IdPage): SQL {
  return page.afterId === undefined ? sql`true` : sql`id > ${page.afterId}`;
}
