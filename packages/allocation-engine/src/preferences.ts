import { type Heaps, replace } from "./heap.ts";
import { identity, stableOrder } from "./order.ts";

/** What `next` answers when a list is used up. */
export const LIST_ENDED = -1;

/**
 * Everybody's list of edges, best score first, equal scores by lower edge. Lists are heaps and not sorted:
 * most are left long before their end.
 */
export class Preferences {
  readonly #heaps: Heaps;
  readonly #starts: Uint32Array;
  readonly #sizes: Uint32Array;

  /** @param ownerOf and `scores` by edge */
  constructor(ownerOf: Uint32Array, owners: number, scores: Int32Array) {
    const { order, offsets } = stableOrder(identity(ownerOf.length), ownerOf, owners);
    this.#heaps = { edges: order, scores };
    this.#starts = offsets;
    this.#sizes = new Uint32Array(owners);
    for (let owner = 0; owner < owners; owner++) {
      const start = offsets[owner]!;
      const size = offsets[owner + 1]! - start;
      this.#sizes[owner] = size;
      for (let at = (size >> 1) - 1; at >= 0; at--) replace(this.#heaps, start, size, at, order[start + at]!);
    }
  }

  /** Takes the best edge that is left on the owner's list, or answers `LIST_ENDED`. */
  next(owner: number): number {
    const size = this.#sizes[owner]!;
    if (size === 0) return LIST_ENDED;
    const { edges } = this.#heaps;
    const start = this.#starts[owner]!;
    const best = edges[start]!;
    this.#sizes[owner] = size - 1;
    replace(this.#heaps, start, size - 1, 0, edges[start + size - 1]!);
    return best;
  }
}
