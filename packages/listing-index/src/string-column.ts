import type { Value } from "@marketmesh/rules";
import type { ColumnStore, Posted } from "./column.ts";
import { Dictionary } from "./dictionary.ts";
import { grownUint32 } from "./growth.ts";
import { Postings } from "./postings.ts";

/** Interned strings, 4 bytes a row, and the rows of each. */
export class StringColumn implements ColumnStore {
  readonly kind = "string";
  readonly dictionary = new Dictionary();
  readonly postings = new Postings();
  /** Dictionary id by row; 0 is missing. */
  codes: Uint32Array<ArrayBuffer> = new Uint32Array(0);

  readonly read = (row: number): string | undefined => {
    const id = this.codes[row];
    return id ? this.dictionary.textOf(id) : undefined;
  };

  write(row: number, value: Value | undefined, posted: Posted): void {
    this.codes = grownUint32(this.codes, row + 1);
    const before = this.codes[row]!;
    const after = value === undefined ? 0 : this.dictionary.intern(value as string);
    this.codes[row] = after;
    if (before === after && posted.before === posted.after) return;
    if (posted.before && before !== 0) this.postings.delete(before, row);
    if (posted.after && after !== 0) this.postings.add(after, row);
  }
}
