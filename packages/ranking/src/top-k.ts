import { compareText } from "@marketmesh/rules";

/** The best that were offered, best first. */
export interface Best {
  readonly ordinals: Uint32Array;
  readonly scores: Int32Array;
}

/**
 * Keeps the best `limit` of what it is offered: higher score first, equal scores by lower id, bytewise. A heap
 * with the worst on top, so most offers cost one comparison.
 */
export class TopK {
  readonly #limit: number;
  readonly #idOf: (ordinal: number) => string;
  readonly #ordinals: number[] = [];
  readonly #scores: number[] = [];

  constructor(limit: number, idOf: (ordinal: number) => string) {
    this.#limit = limit;
    this.#idOf = idOf;
  }

  offer(ordinal: number, score: number): void {
    const size = this.#ordinals.length;
    if (size < this.#limit) {
      this.#ordinals.push(ordinal);
      this.#scores.push(score);
      this.#siftUp(size, ordinal, score);
    } else if (size > 0 && this.#isWorse(this.#ordinals[0]!, this.#scores[0]!, ordinal, score)) {
      this.#siftDown(ordinal, score);
    }
  }

  /** What it holds, best first, without the best `skip`. */
  best(skip: number): Best {
    const positions = [...this.#ordinals.keys()].sort((a, b) => {
      const [left, right] = [this.#ordinals[a]!, this.#ordinals[b]!];
      return this.#isWorse(left, this.#scores[a]!, right, this.#scores[b]!) ? 1 : -1;
    });
    const kept = positions.slice(skip);
    return {
      ordinals: Uint32Array.from(kept, (position) => this.#ordinals[position]!),
      scores: Int32Array.from(kept, (position) => this.#scores[position]!),
    };
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

  /** Puts an offer in the place of the worst. */
  #siftDown(ordinal: number, score: number): void {
    const [ordinals, scores] = [this.#ordinals, this.#scores];
    let at = 0;
    for (let child = 1; child < ordinals.length; child = 2 * at + 1) {
      const right = child + 1;
      const takeRight =
        right < ordinals.length &&
        this.#isWorse(ordinals[right]!, scores[right]!, ordinals[child]!, scores[child]!);
      if (takeRight) child = right;
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
