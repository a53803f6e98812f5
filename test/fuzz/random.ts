/** Seeded choices: the same seed makes the same choices on every machine. */
export interface Random {
  /** 32 random bits. */
  bits(): number;
  /** An integer of 0 to `below - 1`. */
  int(below: number): number;
  /** True in this share of the calls, 0 to 1. */
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T;
}

/** FNV-1a over the text, finished so that neighbours differ in all bits. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return mixed(hash);
}

/** Mixes two 32-bit numbers into one: decides which of several things a draw prefers. */
export function mixed(left: number, right = 0): number {
  let hash = left ^ Math.imul(right, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export function randomOf(seed: number, ...parts: (number | string)[]): Random {
  let state = hashOf([seed, ...parts].join(" "));
  // mulberry32
  const bits = () => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return (word ^ (word >>> 14)) >>> 0;
  };
  const int = (below: number) => Math.floor((bits() / 2 ** 32) * below);
  return {
    bits,
    int,
    chance: (share) => bits() / 2 ** 32 < share,
    pick: (list) => {
      if (list.length === 0) throw new RangeError("nothing to pick from");
      return list[int(list.length)] as (typeof list)[number];
    },
  };
}
