import type { Comparison } from "@marketmesh/rules";
import { countBits } from "./bitmap.ts";
import { OrdinalSet } from "./ordinal-set.ts";

/** Dictionary ids, booleans or list lengths by row; 0 is missing. */
export type Codes = Uint8Array | Uint32Array;

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
  if (base.array !== undefined) return base.filter(comparesTo(data, by, bound));
  return scanWords(base, (from) => compareWord(data, from, by, bound));
}

/** The rows of `base` whose code the table marks with 1. */
export function scanCodes(base: OrdinalSet, codes: Codes, table: Uint8Array): OrdinalSet {
  if (base.array !== undefined) return base.filter((row) => table[codes[row]!] === 1);
  return scanWords(base, (from) => {
    const rows = Math.min(32, codes.length - from);
    let word = 0;
    for (let bit = 0; bit < rows; bit++) word |= table[codes[from + bit]!]! << bit;
    return word;
  });
}

/** The rows of `base` that have a code, or with `wanted` false those that have none. */
export function scanPresence(base: OrdinalSet, codes: Codes, wanted: boolean): OrdinalSet {
  if (base.array !== undefined) return base.filter((row) => (codes[row] !== 0) === wanted);
  return scanWords(base, (from) => {
    const rows = Math.min(32, codes.length - from);
    let word = 0;
    for (let bit = 0; bit < rows; bit++) word |= Number(codes[from + bit] !== 0) << bit;
    return wanted ? word : ~word;
  });
}

/** Narrows a bitmap 32 rows at a time: `wordOf(from)` has a bit for each row from `from` on that stays. */
function scanWords(base: OrdinalSet, wordOf: (from: number) => number): OrdinalSet {
  const words = new Uint32Array(base.words.length);
  let size = 0;
  for (let at = 0; at < words.length; at++) {
    if (base.words[at] === 0) continue;
    const word = base.words[at]! & wordOf(at * 32);
    words[at] = word;
    size += countBits(word);
  }
  return OrdinalSet.ofWords(words, size);
}

function comparesTo(data: Float64Array, by: Comparison, bound: number): (row: number) => boolean {
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
