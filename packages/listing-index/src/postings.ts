const nothing: readonly number[] = [];

/**
 * The active rows that hold each dictionary id, ascending. Plain arrays of small integers: most values are rare, and
 * a typed array each would cost more than what it holds.
 */
export class Postings {
  readonly #rows: (number[] | undefined)[] = [];

  of(id: number): readonly number[] {
    return this.#rows[id] ?? nothing;
  }

  add(id: number, row: number): void {
    while (this.#rows.length <= id) this.#rows.push(undefined);
    const rows = this.#rows[id];
    if (rows === undefined) this.#rows[id] = [row];
    else if (row > rows[rows.length - 1]!) rows.push(row);
    else insert(rows, row);
  }

  delete(id: number, row: number): void {
    const rows = this.#rows[id];
    if (rows === undefined) return;
    const at = lowerBound(rows, row);
    if (rows[at] !== row) return;
    if (rows.length === 1) this.#rows[id] = undefined;
    else rows.splice(at, 1);
  }
}

function insert(rows: number[], row: number): void {
  const at = lowerBound(rows, row);
  if (rows[at] !== row) rows.splice(at, 0, row);
}

function lowerBound(rows: readonly number[], row: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]! < row) low = middle + 1;
    else high = middle;
  }
  return low;
}
