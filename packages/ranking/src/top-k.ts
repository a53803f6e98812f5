import { compareText } from "@marketmesh/rules";

/** The best that were offered, best first. */
export interface Best {
  readonly ordinals: Uint32Array;
  readonly scores: Int32Array;
}

/**
 * Keeps the best of what it is offered: higher score first, equal scores by lower id, bytewise. A heap with the
 * worst on top, so most offers cost one comparison.
 */
export class TopK {
  readonly #ordinals: Uint32Array;
  readonly #scores: Int32Array;
  readonly #idOf: (ordinal: number) => string;
  #size = 0;

  /** @param limit how many to keep; room for them is taken at once */
  constructor(limit: number, idOf: (ordinal: number) => string) {
    this.#ordinals = new Uint32Array(limit);
    this.#scores = new Int32Array(limit);
    this.#idOf = idOf;
  }

  offer(ordinal: number, score: number): void {
    if (this.#size < this.#ordinals.length) this.#siftUp(this.#size++, ordinal, score);
    else if (this.#size > 0 && this.#isWorse(this.#ordinals[0]!, this.#scores[0]!, ordinal, score)) {
      this.#siftDown(this.#size, ordinal, score);
    }
  }

  /** What it holds, best first, without the best `skip`. Ends its use. */
  best(skip: number): Best {
    const [ordinals, scores] = [this.#ordinals, this.#scores];
    // Heap sort in place: the worst goes to the end, then the next worst before it.
    for (let last = this.#size - 1; last > 0; last--) {
      const [worst, worstScore] = [ordinals[0]!, scores[0]!];
      this.#siftDown(last, ordinals[last]!, scores[last]!);
      ordinals[last] = worst;
      scores[last] = worstScore;
    }
    return { ordinals: ordinals.slice(skip, this.#size), scores: scores.slice(skip, this.#size) };
  }

  #isWorse(ordinal: number, score: number, otherOrdinal: number, otherScore: number): boolean {
    if (score !== otherScore) return score < otherScore;
    return compareText(this.#idOf(ordinal), this.#idOf(otherOrdinal)) > 0;
  }

  #siftUp(from: number, ordinal: number, score: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isWorse(ordinal, score, this.#ordinals[parent]!, this.#scores[parent]!)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#ordinals[at] = ordinal;
    this.#scores[at] = score;
  }

  /** Puts a listing in the place of the worst of the first `size`. */
  #siftDown(size: number, ordinal: number, score: number): void {
    const [ordinals, scores] = [this.#ordinals, this.#scores];
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      const right = child + 1;
      if (right < size && this.#isWorse(ordinals[right]!, scores[right]!, ordinals[child]!, scores[child]!)) {
        child = right;
      }
      if (!this.#isWorse(ordinals[child]!, scores[child]!, ordinal, score)) break;
      this.#move(child, at);
      at = child;
    }
    ordinals[at] = ordinal;
    scores[at] = score;
  }

  #move(from: number, to: number): void {
    this.#ordinals[to] = this.#ordinals[from]!;
    this.#scores[to] = this.#scores[from]!;
  }
}
