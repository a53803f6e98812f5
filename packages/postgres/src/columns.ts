import { type SQL, sql } from "drizzle-orm";

/** One column of a set-based statement: its Postgres type and where a row keeps the value. */
export type ColumnSpec<Row> = readonly [
  type: string,
  value: (row: Row) => string | number | bigint | boolean | Date | Uint8Array | null,
];

/**
 * Rows as a table expression for set-based statements of up to 1,000 rows: one array parameter per column, so that the
 * statement's text (and its plan) is the same for any number of rows.
 *
 *     insert into offers (market, id) select market, id from ${columns(offers, { market: ["text", o => o.market], … })}
 */
export function columns<Row>(rows: readonly Row[], spec: Record<string, ColumnSpec<Row>>): SQL {
  const names = Object.keys(spec);
  const arrays = Object.values(spec).map(([type, value]) => arrayOf(type, rows.map(value)));
  const list = sql.raw(names.map((name) => `"${name}"`).join(", "));
  return sql`unnest(${sql.join(arrays, sql`, `)}) as given(${list})`;
}

function arrayOf(type: string, values: unknown[]): SQL {
  const plain = values.map((value) => (value instanceof Date ? value.toISOString() : value));
  return sql`${sql.param(plain)}::${sql.raw(type)}[]`;
}
