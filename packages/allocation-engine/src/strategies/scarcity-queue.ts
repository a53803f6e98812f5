/**
 * Demands by how few live edges they have, ties by position. Lazy: a demand whose number changes is put again, and an entry whose
 * number is no longer true is passed over when it comes up. A binary heap of `live · demands + demand`.
 */
export class ScarcityQueue {
  readonly #live: Int32Array;
  readonly #keys: number[] = [];

  /** @param live by demand, kept up to date by the caller */
  constructor(live: Int32Array) {
    this.#live = live;
    for (let demand = 0; demand < live.length; demand++) this.put(demand);
  }

  /** Enters a demand under its number of live edges; one without any has nothing to choose. */
  put(demand: number): void {
    if (this.#live[demand]! <= 0) return;
    const keys = this.#keys;
    const key = this.#live[demand]! * this.#live.length + demand;
    let at = keys.length;
    for (let parent = (at - 1) >> 1; at > 0 && keys[parent]! > key; parent = (at - 1) >> 1) {
      keys[at] = keys[parent]!;
      at = parent;
    }
    keys[at] = key;
  }

  /** The demand with the fewest live edges, or -1 when there is none. */
  next(): number {
    const demands = this.#live.length;
    for (let key = this.#pop(); key !== undefined; key = this.#pop()) {
      const demand = key % demands;
      if (this.#live[demand] === (key - demand) / demands) return demand;
    }
    return -1;
  }

  #pop(): number | undefined {
    const keys = this.#keys;
    const top = keys[0];
    const last = keys.pop();
    if (last === undefined || keys.length === 0) return top;
    let at = 0;
    for (let child = 1; child < keys.length; child = 2 * at + 1) {
      if (child + 1 < keys.length && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= last) break;
      keys[at] = keys[child]!;
      at = child;
    }
    keys[at] = last;
    return top;
  }
}
