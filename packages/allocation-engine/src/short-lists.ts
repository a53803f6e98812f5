import { LIST_ENDED } from "./preferences.ts";

/** Lists up to this long are faster looked through than kept in order. */
export const SHORT = 40;

/**
 * The lists of owners whose edges are neighbours in the graph, in the order of `Preferences`, without a copy of the edges: the
 * best that is worse than the last one taken is looked for each time.
 */
export class ShortLists {
  readonly #offsets: Uint32Array;
  readonly #scores: Int32Array;
  /** Per owner: the edge taken last, plus 1; 0 before the first. */
  readonly #taken: Uint32Array;

  constructor(offsets: Uint32Array, scores: Int32Array) {
    this.#offsets = offsets;
    this.#scores = scores;
    this.#taken = new Uint32Array(offsets.length - 1);
  }

  /** Takes the best edge that is left on the owner's list, or answers `LIST_ENDED`. */
  next(owner: number): number {
    const scores = this.#scores;
    const end = this.#offsets[owner + 1]!;
    const last = this.#taken[owner]! - 1;
    const lastScore = last < 0 ? Number.POSITIVE_INFINITY : scores[last]!;
    let best = LIST_ENDED;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (let edge = this.#offsets[owner]!; edge < end; edge++) {
      const score = scores[edge]!;
      if (score <= bestScore || score > lastScore || (score === lastScore && edge <= last)) continue;
      best = edge;
      bestScore = score;
    }
    if (best !== LIST_ENDED) this.#taken[owner] = best + 1;
    return best;
  }
}

/** Whether no list is longer than `SHORT`. */
export function areShort(offsets: Uint32Array): boolean {
  for (let owner = 1; owner < offsets.length; owner++) {
    if (offsets[owner]! - offsets[owner - 1]! > SHORT) return false;
  }
  return true;
}
