import { LARGEST_COST, refuseInvalidCosts } from "./dense.ts";
import { NearColumns } from "./near-columns.ts";

/** What LAPJV works on; rows ≤ columns. */
export interface Tableau {
  readonly rows: number;
  readonly columns: number;
  readonly costs: Float64Array;
  /** Per column. */
  readonly prices: Float64Array;
  /** Per row: its column, or -1. */
  readonly columnOf: Int32Array;
  /** Per column: its row, or -1. */
  readonly rowOf: Int32Array;
}

/**
 * Column reduction: the price of a column is its least cost, and the row of that cost gets the column, the last of several.
 * Answers how many columns are cheapest in each row.
 */
export function reduceColumns({ rows, columns, costs, prices, columnOf, rowOf }: Tableau): Int32Array {
  const best = new Int32Array(columns);
  prices.fill(Number.POSITIVE_INFINITY);
  let sum = 0;
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      const cost = costs[at]!;
      sum += Math.abs(cost);
      if (cost >= prices[column]!) continue;
      prices[column] = cost;
      best[column] = row;
    }
  }
  // Small sums have small parts, all of them numbers; only where they are not is every cost looked at again.
  if (!(sum <= LARGEST_COST)) refuseInvalidCosts(columns, costs);
  const cheapest = new Int32Array(rows);
  for (let column = columns - 1; column >= 0; column--) {
    const row = best[column]!;
    if (cheapest[row]!++ > 0) continue;
    columnOf[row] = column;
    rowOf[column] = row;
  }
  return cheapest;
}

/** Reduction transfer: a row with one cheapest column pays for it what its second best would cost more. */
export function transferReduction(tableau: Tableau, cheapest: Int32Array): void {
  const { rows, columns, costs, prices, columnOf } = tableau;
  for (let row = 0; row < rows; row++) {
    if (cheapest[row] !== 1 || columns < 2) continue;
    const own = columnOf[row]!;
    const start = row * columns;
    let least = Number.POSITIVE_INFINITY;
    for (let column = 0; column < columns; column++) {
      const reduced = costs[start + column]! - prices[column]!;
      if (reduced < least && column !== own) least = reduced;
    }
    prices[own]! -= least;
  }
}

/** Every pass leaves fewer rows to the paths, which cost more than a pass does. */
const PASSES = 3;

/** What is left after so many bids is for the paths. Without it, rounding could keep two rows bidding for ever. */
const BIDS_PER_ROW = 4;

/**
 * Augmenting row reduction: a free row takes its best column at the price that makes the second best as good, and the row that
 * had it looks for another. Answers the rows that are still free.
 */
export function reduceRows(tableau: Tableau): Int32Array {
  const { rows, prices, columnOf, rowOf } = tableau;
  const near = new NearColumns(tableau);
  let free = Int32Array.from(columnOf.keys()).filter((row) => columnOf[row] === -1);
  for (let pass = 0; pass < PASSES; pass++) {
    const later: number[] = [];
    let bids = 0;
    for (let next = 0; next < free.length; ) {
      const row = free[next]!;
      near.look(row);
      const { other, least, second } = near;
      let { best } = near;
      const lowered = other >= 0 && least < second;
      if (lowered) prices[best]! -= second - least;
      else if (rowOf[best]! >= 0 && other >= 0) best = other;
      const loser = rowOf[best]!;
      columnOf[row] = best;
      rowOf[best] = row;
      next++;
      if (loser < 0) continue;
      columnOf[loser] = -1;
      if (lowered && ++bids < rows * BIDS_PER_ROW) free[--next] = loser;
      else later.push(loser);
    }
    free = Int32Array.from(later);
  }
  return free;
}
