const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;

/**
 * Orders two well-formed strings as their UTF-8 bytes order, which is also Postgres `COLLATE "C"`.
 *
 * JavaScript's own `<` orders by UTF-16 code units and so puts U+1F600 (a surrogate pair) before U+FF5E;
 * UTF-8 puts it after.
 *
 * @returns negative, zero or positive, as `Array.prototype.sort` wants it
 */
export function compareBytewise(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return codePointRank(left) - codePointRank(right);
  }
  return a.length - b.length;
}

/** Moves surrogates, which stand for code points past U+FFFF, above every other code unit. */
function codePointRank(unit: number): number {
  return unit >= FIRST_SURROGATE && unit <= LAST_SURROGATE ? unit + 0x10000 : unit;
}
