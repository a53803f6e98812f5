import { type SQL, sql } from "drizzle-orm";

type Value = string | number | bigint | boolean | Date | Uint8Array | null;

/** One column of a set-based statement: its Postgres type and where a row keeps the value. */
export type ColumnSpec<Row> = readonly [type: string, value: (row: Row) => Value];

/**
 * Rows as a table expression for set-based statements of up to 1,000 rows: one array parameter per column, so that the
 * statement's text (and its plan) is the same for any number of rows.
 *
 *     insert into offers (market, id) select market, id from ${columns(offers, { market: ["text", o => o.market], … })}
 */
export function columns<Row>(rows: readonly Row[], spec: Record<string, ColumnSpec<Row>>): SQL {
  const names = Object.keys(spec);
  const arrays = Object.values(spec).map(([type, value]) => arrayOf(type, rows, value));
  const list = sql.raw(names.map((name) => `"${name}"`).join(", "));
  return sql`unnest(${sql.join(arrays, sql`, `)}) as given(${list})`;
}

// One string that grows: rows of a round are by the thousand, with some twenty columns each.
function arrayOf<Row>(type: string, rows: readonly Row[], value: (row: Row) => Value): SQL {
  let literal = "";
  for (const row of rows) literal += literal === "" ? elementOf(value(row)) : `,${elementOf(value(row))}`;
  return sql`cast(${`{${literal}}`} as ${sql.raw(`${type}[]`)})`;
}

const special = /["\\]/;

// We write the array literal: the driver would take the type of the first element for the type of the whole.
function elementOf(value: Value): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "string") {
    return special.test(value) ? `"${value.replace(/["\\]/g, "\\$&")}"` : `"${value}"`;
  }
  if (value === null) return "NULL";
  if (value instanceof Date) return `"${value.toISOString()}"`;
  if (value instanceof Uint8Array)
    return `"\\\\x${Buffer.from(value.buffer, value.byteOffset, value.length).toString("hex")}"`;
  return String(value);
}
