/**
 * Numbers in [0, 1) that follow from the words that name them: xorshift32 (G. Marsaglia, "Xorshift RNGs", 2003), started from the
 * words mixed by the finaliser of MurmurHash3.
 */
export function drawsOf(...words: readonly number[]): () => number {
  let state = 0x9e3779b9;
  for (const word of words) {
    state = Math.imul(state ^ word, 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    state ^= state >>> 16;
  }
  if (state === 0) state = 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
