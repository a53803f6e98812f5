import type { StringColumn } from "./string-column.ts";
import type { StringListColumn } from "./string-list-column.ts";

/** Counts how many of `values` (distinct) a row's list holds, by dictionary id; `undefined` where there is no list. */
export function sharedCount(
  column: StringListColumn,
  values: readonly string[],
): (row: number) => number | undefined {
  const places = new Map<number, number>();
  for (const value of values) {
    const id = column.dictionary.idOf(value);
    if (id !== 0) places.set(id, places.size);
  }
  // A list may repeat a value: each place remembers the last call that counted it.
  const countedAt = new Uint32Array(places.size);
  let call = 0;
  return (row) => {
    const length = column.lengths[row];
    if (!length) return undefined;
    call = (call + 1) >>> 0 || 1;
    const start = column.starts[row]!;
    let count = 0;
    for (let at = start; at < start + length - 1; at++) {
      const place = places.get(column.items[at]!);
      if (place === undefined || countedAt[place] === call) continue;
      countedAt[place] = call;
      count++;
    }
    return count;
  };
}

/** Tells whether a row's string is one of `values`, by dictionary id; `undefined` where it is missing. */
export function oneOfCodes(
  column: StringColumn,
  values: readonly string[],
): (row: number) => boolean | undefined {
  const ids = new Set(values.map((value) => column.dictionary.idOf(value)));
  const only = ids.size === 1 ? [...ids][0] : undefined;
  return (row) => {
    const id = column.codes[row];
    if (!id) return undefined;
    return only === undefined ? ids.has(id) : id === only;
  };
}
