/** No pair. */
export const NONE = -1;

/** Who holds the units of every supply, and at which price. */
export class SupplySlots {
  /** Per supply: what it costs, in scores; 0 while it has room. */
  readonly price: Float64Array;
  /** The row of the pair that `give` answered last. */
  loserRow = NONE;
  /** Slots of supply s: `#start[s] .. #start[s + 1] - 1`. */
  readonly #start: Uint32Array;
  readonly #pair: Int32Array;
  readonly #row: Int32Array;
  readonly #slotPrice: Float64Array;
  /** Per supply: slots in use. */
  readonly #used: Int32Array;

  /** @param units of every supply */
  constructor(units: Int32Array) {
    this.price = new Float64Array(units.length);
    this.#start = new Uint32Array(units.length + 1);
    for (let supply = 0; supply < units.length; supply++) {
      this.#start[supply + 1] = this.#start[supply]! + units[supply]!;
    }
    const slots = this.#start[units.length]!;
    this.#pair = new Int32Array(slots);
    this.#row = new Int32Array(slots);
    this.#slotPrice = new Float64Array(slots);
    this.#used = new Int32Array(units.length);
  }

  /** Nobody holds anything; all costs nothing. */
  clear(): void {
    this.price.fill(0);
    this.#used.fill(0);
  }

  /**
   * Gives a free slot of the supply to a pair of a row, or else the cheapest, at a price raised by `raise`.
   *
   * @returns the pair that lost its slot, its row in `loserRow`; NONE: the slot was free
   */
  give(supply: number, pair: number, row: number, raise: number): number {
    const [start, end] = [this.#start[supply]!, this.#start[supply + 1]!];
    const free = start + this.#used[supply]!;
    const slot = free < end ? free : this.#cheapest(start, end);
    const loser = free < end ? NONE : this.#pair[slot]!;
    if (loser === NONE) this.#used[supply]!++;
    this.loserRow = this.#row[slot]!;
    this.#pair[slot] = pair;
    this.#row[slot] = row;
    this.#slotPrice[slot] = this.price[supply]! + raise;
    // A supply with room left costs nothing.
    if (this.#used[supply]! === end - start)
      this.price[supply] = this.#slotPrice[this.#cheapest(start, end)]!;
    return loser;
  }

  #cheapest(start: number, end: number): number {
    let cheapest = start;
    for (let slot = start + 1; slot < end; slot++) {
      if (this.#slotPrice[slot]! < this.#slotPrice[cheapest]!) cheapest = slot;
    }
    return cheapest;
  }
}
