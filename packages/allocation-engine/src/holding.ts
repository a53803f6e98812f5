import { type Heaps, insert, precedes, replace, WORST_ON_TOP } from "./heap.ts";

/** What `offer` answers when nobody had to go. */
export const NONE_RELEASED = -1;

/** What each receiver holds while deferred acceptance runs: at most its capacity, the best it was offered. */
export class Holding {
  readonly #receiverOf: Uint32Array;
  /** Receiver r has room from `#starts[r]` to `#starts[r + 1]` and holds `#sizes[r]`, the worst on top. */
  readonly #heaps: Heaps;
  readonly #starts: Uint32Array;
  readonly #sizes: Uint32Array;

  /** @param receiverOf and `scores` by edge, `capacity` by receiver */
  constructor(receiverOf: Uint32Array, capacity: Int32Array, scores: Int32Array) {
    this.#receiverOf = receiverOf;
    this.#starts = roomStarts(receiverOf, capacity);
    this.#sizes = new Uint32Array(capacity.length);
    this.#heaps = { edges: new Uint32Array(this.#starts[capacity.length]!), scores, top: WORST_ON_TOP };
  }

  /** Puts an edge to its receiver. Answers the edge let go for it (perhaps itself), or `NONE_RELEASED`. */
  offer(edge: number): number {
    const receiver = this.#receiverOf[edge]!;
    const start = this.#starts[receiver]!;
    const room = this.#starts[receiver + 1]! - start;
    const size = this.#sizes[receiver]!;
    if (size < room) {
      insert(this.#heaps, start, size, edge);
      this.#sizes[receiver] = size + 1;
      return NONE_RELEASED;
    }
    const worst = this.#heaps.edges[start]!;
    if (room === 0 || precedes(this.#heaps, edge, worst)) return edge;
    replace(this.#heaps, start, size, 0, edge);
    return worst;
  }

  /** 1 for each edge that is held now. */
  marks(): Uint8Array {
    const marks = new Uint8Array(this.#receiverOf.length);
    for (let receiver = 0; receiver < this.#sizes.length; receiver++) {
      const start = this.#starts[receiver]!;
      for (let at = 0; at < this.#sizes[receiver]!; at++) marks[this.#heaps.edges[start + at]!] = 1;
    }
    return marks;
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
