import type { Value } from "@marketmesh/rules";
import { Bitmap } from "./bitmap.ts";
import type { ColumnStore, Posted } from "./column.ts";
import { Dictionary } from "./dictionary.ts";
import { grownUint32 } from "./growth.ts";
import { Postings } from "./postings.ts";

const nothing: readonly number[] = [];

/**
 * Lists of interned strings: each row is a slice of one flat array. A longer list moves to its end; what is left
 * behind is squeezed out once it is half of it.
 */
export class StringListColumn implements ColumnStore {
  readonly kind = "list<string>";
  readonly dictionary = new Dictionary();
  readonly postings = new Postings();
  /** Where a row's slice of `items` starts. */
  starts: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  /** One more than a row's number of items; 0 is missing. */
  lengths: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  /** Dictionary ids, in the listing's order, repeats included. */
  items: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  readonly #repeating = new Bitmap();
  #used = 0;
  #wasted = 0;

  get codes(): Uint32Array {
    return this.lengths;
  }

  /** Whether a row's list has some string more than once. */
  repeats(row: number): boolean {
    return this.#repeating.size > 0 && this.#repeating.has(row);
  }

  readonly read = (row: number): readonly string[] | undefined => {
    const length = this.lengths[row];
    if (!length) return undefined;
    const start = this.starts[row]!;
    const texts = new Array<string>(length - 1);
    for (let at = 0; at < length - 1; at++) texts[at] = this.dictionary.textOf(this.items[start + at]!);
    return texts;
  };

  write(row: number, value: Value | undefined, posted: Posted): void {
    this.starts = grownUint32(this.starts, row + 1);
    this.lengths = grownUint32(this.lengths, row + 1);
    const before = this.#idsOf(row);
    const after = (value as readonly string[] | undefined)?.map((text) => this.dictionary.intern(text));
    this.#repost(row, posted.before ? before : nothing, posted.after ? (after ?? nothing) : nothing);
    this.#store(row, after);
  }

  #idsOf(row: number): readonly number[] {
    const length = this.lengths[row]!;
    return length < 2
      ? nothing
      : Array.from(this.items.subarray(this.starts[row]!, this.starts[row]! + length - 1));
  }

  #repost(row: number, before: readonly number[], after: readonly number[]): void {
    if (before.length === 0) {
      for (const id of after) this.postings.add(id, row);
      return;
    }
    const kept = new Set(after);
    const known = new Set(before);
    for (const id of known) if (!kept.has(id)) this.postings.delete(id, row);
    for (const id of kept) if (!known.has(id)) this.postings.add(id, row);
  }

  #store(row: number, ids: readonly number[] | undefined): void {
    const room = Math.max(0, this.lengths[row]! - 1);
    const length = ids?.length ?? 0;
    if (length > room) {
      this.#wasted += room;
      this.items = grownUint32(this.items, this.#used + length);
      this.starts[row] = this.#used;
      this.#used += length;
    } else {
      this.#wasted += room - length;
    }
    if (ids !== undefined) this.items.set(ids, this.starts[row]!);
    if (ids !== undefined && new Set(ids).size < length) this.#repeating.add(row);
    else this.#repeating.delete(row);
    this.lengths[row] = ids === undefined ? 0 : length + 1;
    if (this.#wasted > 1024 && this.#wasted * 2 > this.#used) this.#compact();
  }

  #compact(): void {
    const items = new Uint32Array(this.#used - this.#wasted);
    let next = 0;
    for (let row = 0; row < this.lengths.length; row++) {
      const length = Math.max(0, this.lengths[row]! - 1);
      items.set(this.items.subarray(this.starts[row]!, this.starts[row]! + length), next);
      this.starts[row] = next;
      next += length;
    }
    this.items = items;
    this.#used = next;
    this.#wasted = 0;
  }
}
