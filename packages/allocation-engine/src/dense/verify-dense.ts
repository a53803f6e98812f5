import type { DenseAssignment, DenseCosts } from "./dense.ts";

/** One way in which an assignment is not proven to be of least cost. */
export type DenseViolation =
  | { readonly reason: "LENGTHS_DIFFER" }
  | { readonly reason: "NOT_ONE_TO_ONE"; readonly row: number }
  | { readonly reason: "TOO_FEW"; readonly assigned: number }
  | { readonly reason: "PRICE_TOO_HIGH"; readonly row: number; readonly column: number; readonly by: number }
  | { readonly reason: "BOUND_NOT_REACHED"; readonly cost: number; readonly bound: number };

/**
 * Checks an assignment from the costs alone: one to one, as many as the shorter side has, no pair below its prices, and a cost
 * equal to the bound that the prices give. At most `limit` violations; empty: no assignment is cheaper.
 *
 * @param tolerance how far floating-point costs may be off, per pair; 0 for integers
 */
export function verifyDense(
  { rows, columns, values }: DenseCosts,
  result: DenseAssignment,
  tolerance = 0,
  limit = 10,
): DenseViolation[] {
  const { columnOfRow, rowOfColumn, rowPrices, columnPrices } = result;
  const even = columnOfRow.length === rows && rowPrices.length === rows;
  if (!even || rowOfColumn.length !== columns || columnPrices.length !== columns) {
    return [{ reason: "LENGTHS_DIFFER" }];
  }
  const violations: DenseViolation[] = [];
  let assigned = 0;
  let cost = 0;
  for (let row = 0; row < rows; row++) {
    const column = columnOfRow[row]!;
    if (column < 0) continue;
    if (rowOfColumn[column] !== row) violations.push({ reason: "NOT_ONE_TO_ONE", row });
    assigned++;
    cost += values[row * columns + column]!;
  }
  if (assigned < Math.min(rows, columns)) violations.push({ reason: "TOO_FEW", assigned });
  for (let row = 0; row < rows && violations.length < limit; row++) {
    for (let column = 0; column < columns && violations.length < limit; column++) {
      const by = rowPrices[row]! + columnPrices[column]! - values[row * columns + column]!;
      if (!(by <= tolerance)) violations.push({ reason: "PRICE_TOO_HIGH", row, column, by });
    }
  }
  const bound = dualOf(rowPrices, rows > columns) + dualOf(columnPrices, columns > rows);
  if (
    !(Math.abs(cost - bound) <= tolerance * assigned && Math.abs(cost - result.cost) <= tolerance * assigned)
  ) {
    violations.push({ reason: "BOUND_NOT_REACHED", cost, bound });
  }
  return violations.slice(0, limit);
}

/** A longer side may leave anybody out, so a price above 0 there proves nothing. */
function dualOf(prices: Float64Array, longer: boolean): number {
  let sum = 0;
  for (const price of prices) sum += longer && price > 0 ? Number.NaN : price;
  return sum;
}
