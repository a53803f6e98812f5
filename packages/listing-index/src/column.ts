import type { Accessor, AttributeType, Value } from "@marketmesh/rules";
import { BooleanColumn } from "./boolean-column.ts";
import { NumberColumn } from "./number-column.ts";
import { NumberListColumn } from "./number-list-column.ts";
import type { Codes } from "./scan.ts";
import { StringColumn } from "./string-column.ts";
import { StringListColumn } from "./string-list-column.ts";

/** Whether a row was, and is to be, among the active rows that postings hold. */
export interface Posted {
  readonly before: boolean;
  readonly after: boolean;
}

/** One attribute of every row. */
export interface ColumnStore {
  /** Replaces the row's value; `undefined` is missing. */
  write(row: number, value: Value | undefined, posted: Posted): void;
  readonly read: Accessor;
  /** By row, 0 where it has no value; not every type has them. */
  readonly codes: Codes | undefined;
}

export type Column = BooleanColumn | NumberColumn | NumberListColumn | StringColumn | StringListColumn;

export function columnOf(type: AttributeType): Column {
  switch (type) {
    case "boolean":
      return new BooleanColumn();
    case "number":
    case "timestamp":
      return new NumberColumn();
    case "string":
      return new StringColumn();
    case "list<string>":
      return new StringListColumn();
    case "list<number>":
      return new NumberListColumn();
  }
}
