import type { Tableau } from "./reduce.ts";

/** Columns that are remembered per row. */
const WIDTH = 5;

/**
 * The two cheapest columns of a row, mostly without looking at the others. Prices of columns only fall while rows bid, so what is
 * not remembered of a row stays at least as dear as it was when the whole row was last looked at.
 */
export class NearColumns {
  readonly #tableau: Tableau;
  readonly #columns: Int32Array;
  readonly #costs: Float64Array;
  /** Per row: no column that is not remembered is cheaper. */
  readonly #beyond: Float64Array;
  // The cheapest of the row that is looked at, ascending.
  readonly #values = new Float64Array(WIDTH + 1);
  readonly #found = new Int32Array(WIDTH + 1);

  /** What was found: the cheapest column, the next, or -1, and their costs less prices. */
  best = -1;
  other = -1;
  least = Number.POSITIVE_INFINITY;
  second = Number.POSITIVE_INFINITY;

  constructor(tableau: Tableau) {
    this.#tableau = tableau;
    this.#columns = new Int32Array(tableau.rows * WIDTH);
    this.#costs = new Float64Array(tableau.rows * WIDTH);
    this.#beyond = new Float64Array(tableau.rows).fill(Number.NEGATIVE_INFINITY);
  }

  look(row: number): void {
    if (this.#beyond[row]! > Number.NEGATIVE_INFINITY && this.#lookAtRemembered(row)) return;
    this.#lookAtAll(row);
  }

  #lookAtRemembered(row: number): boolean {
    const { prices } = this.#tableau;
    const columns = this.#columns;
    const costs = this.#costs;
    let best = -1;
    let other = -1;
    let least = Number.POSITIVE_INFINITY;
    let second = Number.POSITIVE_INFINITY;
    for (let at = row * WIDTH; at < (row + 1) * WIDTH; at++) {
      const column = columns[at]!;
      if (column < 0) break;
      const reduced = costs[at]! - prices[column]!;
      if (reduced >= second) continue;
      if (reduced >= least) {
        second = reduced;
        other = column;
      } else {
        second = least;
        other = best;
        least = reduced;
        best = column;
      }
    }
    this.best = best;
    this.other = other;
    this.least = least;
    this.second = second;
    return second <= this.#beyond[row]!;
  }

  #lookAtAll(row: number): void {
    const { costs, prices, columns } = this.#tableau;
    const values = this.#values.fill(Number.POSITIVE_INFINITY);
    const found = this.#found.fill(-1);
    let limit = Number.POSITIVE_INFINITY;
    for (let column = 0, at = row * columns; column < columns; column++, at++) {
      const reduced = costs[at]! - prices[column]!;
      if (reduced >= limit) continue;
      let place = WIDTH;
      for (; place > 0 && values[place - 1]! > reduced; place--) {
        values[place] = values[place - 1]!;
        found[place] = found[place - 1]!;
      }
      values[place] = reduced;
      found[place] = column;
      limit = values[WIDTH]!;
    }
    for (let place = 0; place < WIDTH; place++) {
      const column = found[place]!;
      this.#columns[row * WIDTH + place] = column;
      this.#costs[row * WIDTH + place] = column < 0 ? 0 : costs[row * columns + column]!;
    }
    this.#beyond[row] = limit;
    this.best = found[0]!;
    this.other = found[1]!;
    this.least = values[0]!;
    this.second = values[1]!;
  }
}
