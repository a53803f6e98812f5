import { EngineError } from "../engine-error.ts";

/** What every row costs in every column, row by row: `values[row * columns + column]`. Any finite numbers. */
export interface DenseCosts {
  readonly rows: number;
  readonly columns: number;
  readonly values: ArrayLike<number>;
}

/** Everybody of the shorter side in a place of its own, at least total cost, with prices that prove it. */
export interface DenseAssignment {
  /** Per row: its column, or -1. */
  readonly columnOfRow: Int32Array;
  /** Per column: its row, or -1. */
  readonly rowOfColumn: Int32Array;
  readonly cost: number;
  /**
   * `rowPrices[r] + columnPrices[c]` is never above the cost of (r, c) and equals it where r has c; prices of the longer side
   * are 0 or less, and 0 for whoever is left. So the sum of all prices is a lower bound, and it is reached. Exact for integers.
   */
  readonly rowPrices: Float64Array;
  readonly columnPrices: Float64Array;
}

/** @throws EngineError COSTS_INVALID */
export function refuseWrongLength({ rows, columns, values }: DenseCosts): void {
  const counts = Number.isInteger(rows) && Number.isInteger(columns) && rows >= 0 && columns >= 0;
  if (counts && values.length === rows * columns) return;
  throw new EngineError("COSTS_INVALID", `${values.length} costs are not ${rows} rows of ${columns}`);
}

/** @throws EngineError COSTS_INVALID */
export function refuseInvalidCosts(columns: number, values: Float64Array): void {
  for (let at = 0; at < values.length; at++) {
    const cost = values[at]!;
    if (cost <= LARGEST_COST && cost >= -LARGEST_COST) continue;
    const row = Math.floor(at / columns);
    throw new EngineError("COSTS_INVALID", `cost of row ${row}, column ${at % columns} is ${cost}`);
  }
}

// What is not far below 2^53 would lose whole units in sums and differences.
export const LARGEST_COST = 2 ** 50;
