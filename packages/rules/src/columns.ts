import type { Value } from "./value.ts";

/** Reads one attribute of a row; `undefined` where it is missing. */
export type Accessor = (row: number) => Value | undefined;

/** Where predicates and numbers read attributes by row. `ListingIndex` is one. */
export interface Columns {
  accessor(attribute: string): Accessor;
  /**
   * Counts how many of `values` (distinct) the row's string list holds, `undefined` where it has no list.
   * Optional: without it lists are read by `accessor` and compared as strings.
   */
  sharedCount?(attribute: string, values: readonly string[]): (row: number) => number | undefined;
  /** Tells whether the row's string equals one of `values`; optional like `sharedCount`. */
  oneOf?(attribute: string, values: readonly string[]): (row: number) => boolean | undefined;
}
