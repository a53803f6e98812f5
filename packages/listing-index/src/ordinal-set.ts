import { type Bitmap, countBits } from "./bitmap.ts";

/** How a set is laid out on the wire; both little-endian. */
export type OrdinalSetEncoding = "ARRAY_U32_LE" | "BITMAP";

export interface EncodedOrdinalSet {
  readonly encoding: OrdinalSetEncoding;
  /**
   * ARRAY_U32_LE: the ordinals, ascending, 4 bytes each. BITMAP: bit `n % 8` of byte `n / 8` stands for ordinal n;
   * trailing zero bytes are left out.
   */
  readonly bytes: Uint8Array;
}

/** No set is decoded that names an ordinal this large: a bitmap of it would take 16 MiB. */
export const ordinalLimit = 2 ** 27;

/**
 * An immutable set of ordinals of one kind and epoch, in ascending order: a sorted array while it is sparse, a
 * bitmap where that is smaller. `this` and the other side of an operation may be of either form.
 */
export class OrdinalSet {
  /** How many ordinals it holds. */
  readonly size: number;
  readonly #array: Uint32Array | undefined;
  readonly #words: Uint32Array;

  private constructor(size: number, array: Uint32Array | undefined, words: Uint32Array) {
    this.size = size;
    this.#array = array;
    this.#words = words;
  }

  static readonly empty: OrdinalSet = new OrdinalSet(0, new Uint32Array(0), new Uint32Array(0));

  /** Takes over an ascending array without repeats; the caller no longer writes to it. */
  static ofSorted(array: Uint32Array): OrdinalSet {
    return new OrdinalSet(array.length, array, new Uint32Array(0));
  }

  /** Takes over the words of a bitmap, bit `n % 32` of word `n / 32`, of which `size` are set. */
  static ofWords(words: Uint32Array, size: number = countAll(words)): OrdinalSet {
    if (size * 32 >= words.length) return new OrdinalSet(size, undefined, words);
    return OrdinalSet.ofSorted(extract(words, size));
  }

  /** A view of a bitmap that may go on changing: copy it before handing it out. */
  static viewOf(bitmap: Bitmap): OrdinalSet {
    return new OrdinalSet(bitmap.size, undefined, bitmap.words);
  }

  static of(ordinals: Iterable<number>): OrdinalSet {
    return OrdinalSet.ofSorted(Uint32Array.from(new Set(ordinals)).sort());
  }

  /** The sorted array, where the set is held as one. */
  get array(): Uint32Array | undefined {
    return this.#array;
  }

  /** The words of the bitmap; meaningful only where `array` is undefined. */
  get words(): Uint32Array {
    return this.#words;
  }

  has(ordinal: number): boolean {
    if (this.#array !== undefined) return holds(this.#array, ordinal);
    const word = this.#words[ordinal >>> 5];
    return word !== undefined && ((word >>> (ordinal & 31)) & 1) === 1;
  }

  /** Those for which `test` is true, asked in ascending order. */
  filter(test: (ordinal: number) => boolean): OrdinalSet {
    if (this.#array !== undefined) return OrdinalSet.ofSorted(filterSorted(this.#array, test));
    const kept = new Uint32Array(this.#words.length);
    let size = 0;
    for (let at = 0; at < kept.length; at++) {
      for (let word = this.#words[at]!; word !== 0; word &= word - 1) {
        const bit = 31 - Math.clz32(word & -word);
        if (!test(at * 32 + bit)) continue;
        kept[at]! |= 1 << bit;
        size++;
      }
    }
    return OrdinalSet.ofWords(kept, size);
  }

  intersect(other: OrdinalSet): OrdinalSet {
    if (this.#array !== undefined) return this.filter((ordinal) => other.has(ordinal));
    if (other.#array !== undefined) return other.intersect(this);
    const length = Math.min(this.#words.length, other.#words.length);
    const words = new Uint32Array(length);
    for (let at = 0; at < length; at++) words[at] = this.#words[at]! & other.#words[at]!;
    return OrdinalSet.ofWords(words);
  }

  subtract(other: OrdinalSet): OrdinalSet {
    if (this.#array !== undefined) return this.filter((ordinal) => !other.has(ordinal));
    const words = this.#words.slice();
    if (other.#array === undefined) {
      const length = Math.min(words.length, other.#words.length);
      for (let at = 0; at < length; at++) words[at]! &= ~other.#words[at]!;
    } else {
      for (const ordinal of other.#array) {
        if (ordinal >>> 5 < words.length) words[ordinal >>> 5]! &= ~(1 << (ordinal & 31));
      }
    }
    return OrdinalSet.ofWords(words);
  }

  union(other: OrdinalSet): OrdinalSet {
    if (this.size === 0) return other;
    if (other.size === 0) return this;
    if (this.#array !== undefined && other.#array !== undefined) {
      return OrdinalSet.ofSorted(mergeSorted(this.#array, other.#array));
    }
    const length = Math.max(this.#wordsSpanned(), other.#wordsSpanned());
    const words = new Uint32Array(length);
    this.#addTo(words);
    other.#addTo(words);
    return OrdinalSet.ofWords(words);
  }

  /** The ordinals, ascending, in an array of the caller's own. */
  toArray(): Uint32Array {
    return this.#array?.slice() ?? extract(this.#words, this.size);
  }

  [Symbol.iterator](): IterableIterator<number> {
    return (this.#array ?? extract(this.#words, this.size)).values();
  }

  /** The same set, sharing nothing with what may change. */
  copy(): OrdinalSet {
    return this.#array === undefined ? OrdinalSet.ofWords(this.#words.slice(), this.size) : this;
  }

  /** Packs the set for the wire in whichever encoding is smaller. */
  toBytes(): EncodedOrdinalSet {
    const array = this.#array ?? extract(this.#words, this.size);
    const bitmapLength = array.length === 0 ? 0 : (array[array.length - 1]! >>> 3) + 1;
    if (array.length * 4 <= bitmapLength) return { encoding: "ARRAY_U32_LE", bytes: arrayBytes(array) };
    const bytes = new Uint8Array(bitmapLength);
    for (const ordinal of array) bytes[ordinal >>> 3]! |= 1 << (ordinal & 7);
    return { encoding: "BITMAP", bytes };
  }

  /** Reads a packed set. Throws RangeError where the bytes are no set: of odd length, not ascending, or too large. */
  static fromBytes({ encoding, bytes }: EncodedOrdinalSet): OrdinalSet {
    return encoding === "BITMAP" ? fromBitmap(bytes) : fromArray(bytes);
  }

  #wordsSpanned(): number {
    if (this.#array === undefined) return this.#words.length;
    return this.size === 0 ? 0 : (this.#array[this.size - 1]! >>> 5) + 1;
  }

  #addTo(words: Uint32Array): void {
    if (this.#array === undefined)
      for (let at = 0; at < this.#words.length; at++) words[at]! |= this.#words[at]!;
    else for (const ordinal of this.#array) words[ordinal >>> 5]! |= 1 << (ordinal & 31);
  }
}

function holds(array: Uint32Array, ordinal: number): boolean {
  let low = 0;
  let high = array.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (array[middle]! < ordinal) low = middle + 1;
    else high = middle;
  }
  return array[low] === ordinal;
}

function filterSorted(array: Uint32Array, test: (ordinal: number) => boolean): Uint32Array {
  const kept = new Uint32Array(array.length);
  let size = 0;
  for (let at = 0; at < array.length; at++) {
    const ordinal = array[at]!;
    if (test(ordinal)) kept[size++] = ordinal;
  }
  return size * 2 < array.length ? kept.slice(0, size) : kept.subarray(0, size);
}

function countAll(words: Uint32Array): number {
  let size = 0;
  for (let at = 0; at < words.length; at++) size += countBits(words[at]!);
  return size;
}

function extract(words: Uint32Array, size: number): Uint32Array {
  const array = new Uint32Array(size);
  let next = 0;
  for (let at = 0; at < words.length; at++) {
    for (let word = words[at]!; word !== 0; word &= word - 1) {
      array[next++] = at * 32 + 31 - Math.clz32(word & -word);
    }
  }
  return array;
}

function mergeSorted(left: Uint32Array, right: Uint32Array): Uint32Array {
  const merged = new Uint32Array(left.length + right.length);
  let size = 0;
  let l = 0;
  let r = 0;
  while (l < left.length || r < right.length) {
    const a = l < left.length ? left[l]! : Infinity;
    const b = r < right.length ? right[r]! : Infinity;
    if (a <= b) l++;
    if (b <= a) r++;
    merged[size++] = Math.min(a, b);
  }
  return merged.subarray(0, size);
}

function arrayBytes(array: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(array.length * 4);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < array.length; at++) view.setUint32(at * 4, array[at]!, true);
  return bytes;
}

function fromArray(bytes: Uint8Array): OrdinalSet {
  if (bytes.length % 4 !== 0) throw new RangeError("A packed array takes 4 bytes for each ordinal.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const array = new Uint32Array(bytes.length / 4);
  for (let at = 0; at < array.length; at++) {
    const ordinal = view.getUint32(at * 4, true);
    if (ordinal >= ordinalLimit) throw new RangeError(`An ordinal is below ${ordinalLimit}.`);
    if (at > 0 && ordinal <= array[at - 1]!) throw new RangeError("Packed ordinals ascend.");
    array[at] = ordinal;
  }
  return OrdinalSet.ofSorted(array);
}

function fromBitmap(bytes: Uint8Array): OrdinalSet {
  if (bytes.length > ordinalLimit / 8)
    throw new RangeError(`A bitmap has at most ${ordinalLimit / 8} bytes.`);
  const words = new Uint32Array(Math.ceil(bytes.length / 4));
  for (let at = 0; at < bytes.length; at++) words[at >>> 2]! |= bytes[at]! << ((at & 3) * 8);
  return OrdinalSet.ofWords(words);
}
