import { OrdinalSet } from "./ordinal-set.ts";

/** Counts rows over postings with counters that are reused, and left at zero. */
export class PostingCounter {
  #counts: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  #found: Uint32Array<ArrayBuffer> = new Uint32Array(0);

  /** The rows of `base` that stand in at least `atLeast` (1 or more) of the postings; `span` rows exist. */
  among(
    postings: readonly (readonly number[])[],
    atLeast: number,
    base: OrdinalSet,
    span: number,
  ): OrdinalSet {
    if (this.#counts.length < span) {
      this.#counts = new Uint32Array(span);
      this.#found = new Uint32Array(span);
    }
    const counts = this.#counts;
    const found = this.#found;
    let size = 0;
    for (const rows of postings) {
      for (let at = 0; at < rows.length; at++) {
        const row = rows[at]!;
        const count = counts[row]! + 1;
        counts[row] = count;
        if (count === atLeast && base.has(row)) found[size++] = row;
      }
    }
    for (const rows of postings) for (let at = 0; at < rows.length; at++) counts[rows[at]!] = 0;
    return inOrder(found.subarray(0, size), span);
  }
}

/** Sorts few; many are faster to lay out as bits, which are in order by nature. */
function inOrder(rows: Uint32Array, span: number): OrdinalSet {
  if (rows.length * 64 < span) return OrdinalSet.ofSorted(rows.slice().sort());
  const words = new Uint32Array((span + 31) >>> 5);
  for (let at = 0; at < rows.length; at++) words[rows[at]! >>> 5]! |= 1 << (rows[at]! & 31);
  return OrdinalSet.ofWords(words, rows.length);
}
