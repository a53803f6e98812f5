/**
 * Orders two strings as their UTF-8 bytes would be, which is Postgres' `COLLATE "C"`. Negative, zero or positive.
 *
 * `<` on JavaScript strings orders by UTF-16 code unit, and so puts U+1F600 before U+FF5E.
 */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** Surrogates stand for code points above U+FFFF, so they go behind U+E000 to U+FFFF. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
