/** What `offer` answers when nobody had to go. */
export const NONE_RELEASED = -1;

/**
 * What each receiver holds while deferred acceptance runs: at most its capacity, the best it was offered. Binary heaps with the
 * worst on top; scores lie beside the edges, so that comparing does not reach into the graph.
 */
export class Holding {
  readonly #receiverOf: Uint32Array;
  readonly #scoreOf: Int32Array;
  /** Receiver r has room from `#starts[r]` to `#starts[r + 1]` and holds `#sizes[r]`. */
  readonly #starts: Uint32Array;
  readonly #sizes: Uint32Array;
  readonly #edges: Uint32Array;
  readonly #scores: Int32Array;

  /** @param receiverOf and `scores` by edge, `capacity` by receiver */
  constructor(receiverOf: Uint32Array, capacity: Int32Array, scores: Int32Array) {
    this.#receiverOf = receiverOf;
    this.#scoreOf = scores;
    this.#starts = roomStarts(receiverOf, capacity);
    this.#sizes = new Uint32Array(capacity.length);
    this.#edges = new Uint32Array(this.#starts[capacity.length]!);
    this.#scores = new Int32Array(this.#edges.length);
  }

  /** Puts an edge to its receiver. Answers the edge let go for it (perhaps itself), or `NONE_RELEASED`. */
  offer(edge: number): number {
    const receiver = this.#receiverOf[edge]!;
    const start = this.#starts[receiver]!;
    const room = this.#starts[receiver + 1]! - start;
    const size = this.#sizes[receiver]!;
    const score = this.#scoreOf[edge]!;
    if (size < room) {
      this.#sizes[receiver] = size + 1;
      this.#rise(start, size, edge, score);
      return NONE_RELEASED;
    }
    if (room === 0) return edge;
    const worst = this.#edges[start]!;
    const worstScore = this.#scores[start]!;
    if (isWorse(score, edge, worstScore, worst)) return edge;
    this.#sink(start, size, edge, score);
    return worst;
  }

  /** 1 for each edge that is held now. */
  marks(): Uint8Array {
    const marks = new Uint8Array(this.#receiverOf.length);
    for (let receiver = 0; receiver < this.#sizes.length; receiver++) {
      const start = this.#starts[receiver]!;
      for (let at = 0; at < this.#sizes[receiver]!; at++) marks[this.#edges[start + at]!] = 1;
    }
    return marks;
  }

  /** Puts an edge at the end of a heap and moves it up. */
  #rise(start: number, size: number, edge: number, score: number): void {
    const edges = this.#edges;
    const scores = this.#scores;
    let at = size;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isWorse(score, edge, scores[start + parent]!, edges[start + parent]!)) break;
      edges[start + at] = edges[start + parent]!;
      scores[start + at] = scores[start + parent]!;
      at = parent;
    }
    edges[start + at] = edge;
    scores[start + at] = score;
  }

  /** Puts an edge in the place of the top and moves it down. */
  #sink(start: number, size: number, edge: number, score: number): void {
    const edges = this.#edges;
    const scores = this.#scores;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      const left = start + child;
      const right = left + 1;
      if (child + 1 < size && isWorse(scores[right]!, edges[right]!, scores[left]!, edges[left]!)) child++;
      if (!isWorse(scores[start + child]!, edges[start + child]!, score, edge)) break;
      edges[start + at] = edges[start + child]!;
      scores[start + at] = scores[start + child]!;
      at = child;
    }
    edges[start + at] = edge;
    scores[start + at] = score;
  }
}

/** Of two edges of one receiver the one with the lower score is worse, of equals the higher edge. */
function isWorse(score: number, edge: number, otherScore: number, other: number): boolean {
  return score < otherScore || (score === otherScore && edge > other);
}

/** Room per receiver is its capacity, or its number of edges where that is smaller. */
function roomStarts(receiverOf: Uint32Array, capacity: Int32Array): Uint32Array {
  let total = 0;
  for (let receiver = 0; receiver < capacity.length; receiver++) total += capacity[receiver]!;
  const room =
    total <= receiverOf.length ? capacity : smaller(capacity, degrees(receiverOf, capacity.length));
  const starts = new Uint32Array(capacity.length + 1);
  for (let receiver = 0; receiver < capacity.length; receiver++) {
    starts[receiver + 1] = starts[receiver]! + room[receiver]!;
  }
  return starts;
}

function degrees(receiverOf: Uint32Array, receivers: number): Uint32Array {
  const degree = new Uint32Array(receivers);
  for (let edge = 0; edge < receiverOf.length; edge++) degree[receiverOf[edge]!]!++;
  return degree;
}

function smaller(capacity: Int32Array, degree: Uint32Array): Int32Array {
  return capacity.map((units, receiver) => Math.min(units, degree[receiver]!));
}
