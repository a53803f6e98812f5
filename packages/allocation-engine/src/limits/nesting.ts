import type { Cap, CapsOfSide } from "./caps.ts";

/** The parent of a cap that stands in no other. */
export const OUTERMOST = -1;

/**
 * How the caps of one side stand in each other, when any two are apart or one holds the other: by cap, the smallest cap around it, or
 * `OUTERMOST`. Undefined where two caps overlap: then no tree, and no flow, can count them.
 */
export function nesting(list: readonly Cap[], { offsets, caps }: CapsOfSide): Int32Array | undefined {
  const members = new Uint32Array(list.length);
  for (const cap of caps) members[cap]!++;
  const parents = new Int32Array(list.length).fill(UNSEEN);
  for (let position = 0; position + 1 < offsets.length; position++) {
    const chain = Array.from(caps.subarray(offsets[position]!, offsets[position + 1]!));
    chain.sort((a, b) => members[b]! - members[a]! || a - b);
    let outer = OUTERMOST;
    for (const cap of chain) {
      if (parents[cap] !== UNSEEN && parents[cap] !== outer) return undefined;
      parents[cap] = outer;
      outer = cap;
    }
  }
  return parents.map((parent) => (parent === UNSEEN ? OUTERMOST : parent));
}

const UNSEEN = -2;

/** By position of the side: the smallest cap around it, or `OUTERMOST`. */
export function innermost({ offsets, caps }: CapsOfSide, parents: Int32Array): Int32Array {
  const own = new Int32Array(offsets.length - 1).fill(OUTERMOST);
  for (let position = 0; position < own.length; position++) {
    const around = caps.subarray(offsets[position]!, offsets[position + 1]!);
    const outer = new Set(Array.from(around, (cap) => parents[cap]!));
    own[position] = around.find((cap) => !outer.has(cap)) ?? OUTERMOST;
  }
  return own;
}
