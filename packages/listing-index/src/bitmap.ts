/** A growing set of ordinals as bits, with its size kept. */
export class Bitmap {
  words: Uint32Array<ArrayBuffer>;
  size = 0;

  constructor(words = new Uint32Array(2)) {
    this.words = words;
  }

  has(ordinal: number): boolean {
    const word = this.words[ordinal >>> 5];
    return word !== undefined && ((word >>> (ordinal & 31)) & 1) === 1;
  }

  add(ordinal: number): void {
    const at = ordinal >>> 5;
    if (at >= this.words.length) this.#grow(at + 1);
    const word = this.words[at]!;
    const next = word | (1 << (ordinal & 31));
    if (next >>> 0 === word) return;
    this.words[at] = next;
    this.size++;
  }

  delete(ordinal: number): void {
    if (!this.has(ordinal)) return;
    this.words[ordinal >>> 5]! &= ~(1 << (ordinal & 31));
    this.size--;
  }

  copy(): Bitmap {
    const copy = new Bitmap(this.words.slice());
    copy.size = this.size;
    return copy;
  }

  #grow(length: number): void {
    let grown = this.words.length;
    while (grown < length) grown *= 2;
    const words = new Uint32Array(grown);
    words.set(this.words);
    this.words = words;
  }
}

/** How many bits of a word are set. */
export function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
