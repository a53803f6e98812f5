import { augment } from "./augment.ts";
import { type DenseAssignment, type DenseCosts, refuseInvalidCosts, refuseWrongLength } from "./dense.ts";
import { reduceColumns, reduceRows, type Tableau, transferReduction } from "./reduce.ts";

/**
 * Assigns rows to columns at least cost: LAPJV, for small and dense problems; rectangular ones too, where everybody of the
 * shorter side is assigned. Equal costs: the lower column of a row. Integers below 2^50 are exact; floating-point costs are
 * right to within rounding.
 *
 * R. Jonker, A. Volgenant, "A Shortest Augmenting Path Algorithm for Dense and Sparse Linear Assignment Problems", Computing
 * 38 (1987). Time: O(rows² · columns) for rows ≤ columns; memory: a copy of the costs,
 * unless they are a Float64Array with no more rows than columns.
 *
 * @throws EngineError COSTS_INVALID
 */
export function assignDense(costs: DenseCosts): DenseAssignment {
  refuseWrongLength(costs);
  const { rows, columns } = costs;
  const values = costs.values instanceof Float64Array ? costs.values : new Float64Array(costs.values);
  // Square ones are looked at while their columns are reduced.
  if (rows !== columns) refuseInvalidCosts(columns, values);
  const own = { rows, columns, values };
  return rows > columns ? turned(solve(transposed(own))) : solve(own);
}

interface OwnCosts extends DenseCosts {
  readonly values: Float64Array;
}

function solve({ rows, columns, values }: OwnCosts): DenseAssignment {
  const tableau: Tableau = {
    rows,
    columns,
    costs: values,
    prices: new Float64Array(columns),
    columnOf: new Int32Array(rows).fill(-1),
    rowOf: new Int32Array(columns).fill(-1),
  };
  // A column that may stay free keeps the price 0, so prices of columns cannot be raised first.
  if (rows === columns) transferReduction(tableau, reduceColumns(tableau));
  augment(tableau, reduceRows(tableau));
  return answerOf(tableau);
}

function answerOf({ rows, columns, costs, prices, columnOf, rowOf }: Tableau): DenseAssignment {
  const rowPrices = new Float64Array(rows);
  let cost = 0;
  for (let row = 0; row < rows; row++) {
    const own = costs[row * columns + columnOf[row]!]!;
    rowPrices[row] = own - prices[columnOf[row]!]!;
    cost += own;
  }
  return { columnOfRow: columnOf, rowOfColumn: rowOf, cost, rowPrices, columnPrices: prices };
}

function transposed({ rows, columns, values }: OwnCosts): OwnCosts {
  const other = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      other[column * rows + row] = values[row * columns + column]!;
    }
  }
  return { rows: columns, columns: rows, values: other };
}

function turned(result: DenseAssignment): DenseAssignment {
  return {
    columnOfRow: result.rowOfColumn,
    rowOfColumn: result.columnOfRow,
    cost: result.cost,
    rowPrices: result.columnPrices,
    columnPrices: result.rowPrices,
  };
}
