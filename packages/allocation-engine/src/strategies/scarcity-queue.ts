/**
 * Demands by how few live edges they have, ties by position: one bucket per number. Lazy: a demand whose number falls is put again, and
 * an entry whose number is no longer true is passed over. A bucket is a heap by position only once it is its turn; most entries are
 * out of date by then.
 */
export class ScarcityQueue {
  readonly #live: Int32Array;
  readonly #buckets: Bucket[] = [];
  /** No bucket below this one has entries. */
  #lowest = 1;

  /** @param live by demand, kept up to date by the caller; may only fall */
  constructor(live: Int32Array) {
    this.#live = live;
    const most = live.reduce((highest, own) => Math.max(highest, own), 0);
    for (let bucket = 0; bucket <= most; bucket++) this.#buckets.push({ entries: [], isHeap: false });
    for (let demand = 0; demand < live.length; demand++) this.put(demand);
  }

  /** Enters a demand under its number of live edges; one without any has nothing to choose. */
  put(demand: number): void {
    const live = this.#live[demand]!;
    if (live <= 0) return;
    const bucket = this.#buckets[live]!;
    if (live < this.#lowest) this.#lowest = live;
    bucket.entries.push(demand);
    if (bucket.isHeap) rise(bucket.entries, bucket.entries.length - 1);
  }

  /** Takes the demand with the fewest live edges, or answers -1 when there is none. */
  next(): number {
    for (; this.#lowest < this.#buckets.length; this.#lowest++) {
      const bucket = this.#buckets[this.#lowest]!;
      if (!bucket.isHeap) this.#makeHeap(bucket);
      while (bucket.entries.length > 0) {
        const demand = popLowest(bucket.entries);
        if (this.#live[demand] === this.#lowest) return demand;
      }
    }
    return -1;
  }

  #makeHeap(bucket: Bucket): void {
    const entries = bucket.entries.filter((demand) => this.#live[demand] === this.#lowest);
    bucket.entries = entries.sort((a, b) => a - b);
    bucket.isHeap = true;
  }
}

interface Bucket {
  entries: number[];
  isHeap: boolean;
}

function rise(heap: number[], from: number): void {
  const entry = heap[from]!;
  let at = from;
  for (let parent = (at - 1) >> 1; at > 0 && heap[parent]! > entry; parent = (at - 1) >> 1) {
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = entry;
}

function popLowest(heap: number[]): number {
  const lowest = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return lowest;
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= last) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return lowest;
}
