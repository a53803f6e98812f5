import type { Value } from "@marketmesh/rules";
import type { ColumnStore } from "./column.ts";

/** Lists of numbers, kept as they come: nothing looks them up, so they have no postings. */
export class NumberListColumn implements ColumnStore {
  readonly kind = "list<number>";
  readonly codes = undefined;
  readonly #lists: (Float64Array | undefined)[] = [];

  readonly read = (row: number): readonly number[] | undefined => {
    const list = this.#lists[row];
    return list === undefined ? undefined : Array.from(list);
  };

  write(row: number, value: Value | undefined): void {
    while (this.#lists.length <= row) this.#lists.push(undefined);
    this.#lists[row] = value === undefined ? undefined : Float64Array.from(value as readonly number[]);
  }
}
