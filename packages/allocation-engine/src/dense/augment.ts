import type { Tableau } from "./reduce.ts";

/** Gives every free row a column along a shortest path of changes (Dijkstra over columns), then adjusts the prices on it. */
export function augment(tableau: Tableau, free: Int32Array): void {
  const { columns } = tableau;
  const search: Search = {
    distance: new Float64Array(columns),
    via: new Int32Array(columns),
    order: new Int32Array(columns),
  };
  for (const row of free) {
    const end = shortestPath(tableau, search, row);
    for (let column = end; ; ) {
      const from = search.via[column]!;
      const before = tableau.columnOf[from]!;
      tableau.rowOf[column] = from;
      tableau.columnOf[from] = column;
      if (from === row) break;
      column = before;
    }
  }
}

interface Search {
  readonly distance: Float64Array;
  /** Per column: the row it is reached from. */
  readonly via: Int32Array;
  /** Columns: those done, those at the least distance, the others. */
  readonly order: Int32Array;
}

/** Answers the free column that is nearest to the row. */
function shortestPath(tableau: Tableau, { distance, via, order }: Search, row: number): number {
  const { columns, costs, prices, rowOf } = tableau;
  for (let column = 0, at = row * columns; column < columns; column++, at++) {
    distance[column] = costs[at]! - prices[column]!;
    via[column] = row;
    order[column] = column;
  }
  let done = 0;
  let near = 0;
  for (;;) {
    if (done === near) {
      near = gatherNearest(order, distance, done);
      const end = freeAmong(order, rowOf, done, near);
      if (end >= 0) return settle(tableau, order, distance, done, end);
    }
    const column = order[done++]!;
    const reach = distance[column]!;
    const owner = rowOf[column]!;
    const start = owner * columns;
    const offset = reach - (costs[start + column]! - prices[column]!);
    for (let at = near; at < columns; at++) {
      const other = order[at]!;
      const found = offset + costs[start + other]! - prices[other]!;
      if (found >= distance[other]!) continue;
      distance[other] = found;
      via[other] = owner;
      if (found > reach) continue;
      if (rowOf[other]! < 0) return settle(tableau, order, distance, done - 1, other);
      order[at] = order[near]!;
      order[near++] = other;
    }
  }
}

/** Moves the columns at the least distance to `from`; answers where they end. */
function gatherNearest(order: Int32Array, distance: Float64Array, from: number): number {
  let end = from;
  let least = Number.POSITIVE_INFINITY;
  for (let at = from; at < order.length; at++) {
    const column = order[at]!;
    const reach = distance[column]!;
    if (reach > least) continue;
    if (reach < least) {
      least = reach;
      end = from;
    }
    order[at] = order[end]!;
    order[end++] = column;
  }
  return end;
}

function freeAmong(order: Int32Array, rowOf: Int32Array, from: number, to: number): number {
  for (let at = from; at < to; at++) if (rowOf[order[at]!]! < 0) return order[at]!;
  return -1;
}

/** Prices of the columns that are done rise by how much nearer they are than the end of the path. Answers the end. */
function settle(
  { prices }: Tableau,
  order: Int32Array,
  distance: Float64Array,
  done: number,
  end: number,
): number {
  const reach = distance[end]!;
  for (let at = 0; at < done; at++) {
    const column = order[at]!;
    prices[column]! += distance[column]! - reach;
  }
  return end;
}
