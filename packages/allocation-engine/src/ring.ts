/** A queue of numbers below `length`, each in it at most once. */
export class Ring {
  readonly #places: Int32Array;
  readonly #inside: Uint8Array;
  #start = 0;
  #size = 0;

  constructor(length: number) {
    this.#places = new Int32Array(length);
    this.#inside = new Uint8Array(length);
  }

  get size(): number {
    return this.#size;
  }

  /** Puts it at the end, unless it is inside. */
  add(item: number): void {
    if (this.#inside[item] === 1) return;
    this.#inside[item] = 1;
    const end = this.#start + this.#size++;
    this.#places[end >= this.#places.length ? end - this.#places.length : end] = item;
  }

  /** Takes the first; only when `size` is above 0. */
  take(): number {
    const item = this.#places[this.#start]!;
    this.#start = this.#start + 1 === this.#places.length ? 0 : this.#start + 1;
    this.#size--;
    this.#inside[item] = 0;
    return item;
  }
}
