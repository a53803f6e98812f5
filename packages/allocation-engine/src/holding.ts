/** What `offer` answers when nobody had to go. */
export const NONE_RELEASED = -1;

/**
 * What each receiver holds while deferred acceptance runs: at most its capacity, the best it was offered.
 * One heap per receiver in one shared array, the worst on top; equal scores: the higher edge is worse.
 */
export class Holding {
  readonly #receiverOf: Uint32Array;
  readonly #scores: Int32Array;
  /** Heap of receiver r: `#heaps[#starts[r]] .. #heaps[#starts[r] + #sizes[r] - 1]`, room until `#starts[r + 1]`. */
  readonly #heaps: Uint32Array;
  readonly #starts: Uint32Array;
  readonly #sizes: Uint32Array;

  /** @param receiverOf and `scores` by edge, `capacity` by receiver */
  constructor(receiverOf: Uint32Array, capacity: Int32Array, scores: Int32Array) {
    this.#receiverOf = receiverOf;
    this.#scores = scores;
    this.#starts = roomStarts(receiverOf, capacity);
    this.#heaps = new Uint32Array(this.#starts[capacity.length]!);
    this.#sizes = new Uint32Array(capacity.length);
  }

  /** Puts an edge to its receiver. Answers the edge let go for it (perhaps itself), or `NONE_RELEASED`. */
  offer(edge: number): number {
    const receiver = this.#receiverOf[edge]!;
    const start = this.#starts[receiver]!;
    const room = this.#starts[receiver + 1]! - start;
    const size = this.#sizes[receiver]!;
    if (room === 0) return edge;
    if (size < room) {
      this.#sizes[receiver] = size + 1;
      this.#siftUp(start, size, edge);
      return NONE_RELEASED;
    }
    const worst = this.#heaps[start]!;
    if (this.#isWorse(edge, worst)) return edge;
    this.#siftDown(start, size, edge);
    return worst;
  }

  /** 1 for each edge that is held now. */
  marks(edgeCount: number): Uint8Array {
    const marks = new Uint8Array(edgeCount);
    for (let receiver = 0; receiver < this.#sizes.length; receiver++) {
      const start = this.#starts[receiver]!;
      for (let at = 0; at < this.#sizes[receiver]!; at++) marks[this.#heaps[start + at]!] = 1;
    }
    return marks;
  }

  #isWorse(edge: number, other: number): boolean {
    const difference = this.#scores[edge]! - this.#scores[other]!;
    return difference < 0 || (difference === 0 && edge > other);
  }

  #siftUp(start: number, from: number, edge: number): void {
    const heaps = this.#heaps;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isWorse(edge, heaps[start + parent]!)) break;
      heaps[start + at] = heaps[start + parent]!;
      at = parent;
    }
    heaps[start + at] = edge;
  }

  #siftDown(start: number, size: number, edge: number): void {
    const heaps = this.#heaps;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && this.#isWorse(heaps[start + child + 1]!, heaps[start + child]!)) child++;
      if (!this.#isWorse(heaps[start + child]!, edge)) break;
      heaps[start + at] = heaps[start + child]!;
      at = child;
    }
    heaps[start + at] = edge;
  }
}

/** Room per receiver is its capacity, or its number of edges where that is smaller. */
function roomStarts(receiverOf: Uint32Array, capacity: Int32Array): Uint32Array {
  const degree = new Uint32Array(capacity.length);
  for (let edge = 0; edge < receiverOf.length; edge++) degree[receiverOf[edge]!]!++;
  const starts = new Uint32Array(capacity.length + 1);
  for (let receiver = 0; receiver < capacity.length; receiver++) {
    starts[receiver + 1] = starts[receiver]! + Math.min(capacity[receiver]!, degree[receiver]!);
  }
  return starts;
}
