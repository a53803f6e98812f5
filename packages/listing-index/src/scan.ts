import type { Comparison } from "@marketmesh/rules";
import { countBits } from "./bitmap.ts";
import { OrdinalSet } from "./ordinal-set.ts";

const opposite: Readonly<Record<Comparison, Comparison>> = { "<": ">=", "<=": ">", ">": "<=", ">=": "<" };

/**
 * The rows of `base` whose number compares so (or, with `wanted` false, does not). A missing number is NaN, which
 * compares false both ways, and so is in neither.
 */
export function scanNumbers(
  base: OrdinalSet,
  data: Float64Array,
  comparison: Comparison,
  bound: number,
  wanted: boolean,
): OrdinalSet {
  const by = wanted ? comparison : opposite[comparison];
  if (base.array !== undefined) return base.filter(testOf(data, by, bound));
  const words = new Uint32Array(base.words.length);
  let size = 0;
  for (let at = 0; at < words.length; at++) {
    if (base.words[at] === 0) continue;
    const word = base.words[at]! & compareWord(data, at * 32, by, bound);
    words[at] = word;
    size += countBits(word);
  }
  return OrdinalSet.ofWords(words, size);
}

function testOf(data: Float64Array, by: Comparison, bound: number): (row: number) => boolean {
  switch (by) {
    case "<":
      return (row) => data[row]! < bound;
    case "<=":
      return (row) => data[row]! <= bound;
    case ">":
      return (row) => data[row]! > bound;
    case ">=":
      return (row) => data[row]! >= bound;
  }
}

/** The comparison of 32 rows as bits. One loop for each operator, so that none is decided inside. */
function compareWord(data: Float64Array, from: number, by: Comparison, bound: number): number {
  const rows = Math.min(32, data.length - from);
  let word = 0;
  switch (by) {
    case "<":
      for (let bit = 0; bit < rows; bit++) word |= Number(data[from + bit]! < bound) << bit;
      return word;
    case "<=":
      for (let bit = 0; bit < rows; bit++) word |= Number(data[from + bit]! <= bound) << bit;
      return word;
    case ">":
      for (let bit = 0; bit < rows; bit++) word |= Number(data[from + bit]! > bound) << bit;
      return word;
    case ">=":
      for (let bit = 0; bit < rows; bit++) word |= Number(data[from + bit]! >= bound) << bit;
      return word;
  }
}
