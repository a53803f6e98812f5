/** 0, 1, 2 … length - 1. */
export function identity(length: number): Uint32Array {
  const order = new Uint32Array(length);
  for (let index = 0; index < length; index++) order[index] = index;
  return order;
}

/** Items grouped by key: those of key `k` are `order[offsets[k]] .. order[offsets[k + 1] - 1]`. */
export interface Grouping {
  readonly order: Uint32Array;
  readonly offsets: Uint32Array;
}

/** Groups `items` by `keys[item]` (below `keyCount`), keeping their order within a group. A counting sort. */
export function stableOrder(items: Uint32Array, keys: Uint32Array, keyCount: number): Grouping {
  const offsets = new Uint32Array(keyCount + 1);
  for (let index = 0; index < items.length; index++) offsets[keys[items[index]!]! + 1]!++;
  for (let key = 0; key < keyCount; key++) offsets[key + 1]! += offsets[key]!;
  const next = offsets.slice();
  const order = new Uint32Array(items.length);
  for (let index = 0; index < items.length; index++) {
    const item = items[index]!;
    order[next[keys[item]!]!++] = item;
  }
  return { order, offsets };
}

const DIGIT_BITS = 11;
const DIGIT_COUNT = 1 << DIGIT_BITS;

/** All items by score, best first; equal scores by lower item. A radix sort over the range that occurs. */
export function bestFirst(scores: Int32Array): Uint32Array {
  let best = -0x80000000;
  let worst = 0x7fffffff;
  for (let item = 0; item < scores.length; item++) {
    const score = scores[item]!;
    if (score > best) best = score;
    if (score < worst) worst = score;
  }
  let order = identity(scores.length);
  const digits = new Uint32Array(scores.length);
  // Distances from the best reach 2^32 - 1, so the digit is cut out of an unsigned number.
  for (let shift = 0; shift < 32 && (best - worst) / 2 ** shift >= 1; shift += DIGIT_BITS) {
    for (let item = 0; item < scores.length; item++) {
      digits[item] = ((best - scores[item]!) >>> shift) & (DIGIT_COUNT - 1);
    }
    order = stableOrder(order, digits, DIGIT_COUNT).order;
  }
  return order;
}
