const encoder = new TextEncoder();

/** The state of FNV-1a (32 bits) after the UTF-8 bytes of `part` and a zero byte. */
export function absorb(state: number, part: string | number): number {
  return absorbBytes(state, bytesOf(part));
}

/** `absorb` for a part whose bytes are at hand. */
export function absorbBytes(state: number, bytes: Uint8Array): number {
  let hash = state;
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return Math.imul(hash, 0x01000193);
}

export function bytesOf(part: string | number): Uint8Array {
  return encoder.encode(String(part));
}

/** The state before anything was absorbed: the offset basis of FNV-1a. */
export const START = 0x811c9dc5;

/** The finaliser of MurmurHash3, as a number in [0, 1). */
export function finish(state: number): number {
  let hash = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/**
 * A number in [0, 1) that depends on its parts alone and is the same on every machine: FNV-1a over their UTF-8 bytes, a zero
 * byte after each, then the finaliser of MurmurHash3. All randomness of the simulator is a draw named by what it is about.
 */
export function draw(...parts: readonly (string | number)[]): number {
  return finish(parts.reduce<number>(absorb, START));
}
