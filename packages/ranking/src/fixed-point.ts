import type { Feature } from "./model.ts";

/** 1 in millionths. */
export const ONE = 1_000_000;

/** The largest absolute score: what a signed integer of 32 bits holds on both sides. */
export const SCORE_MAX = 0x7fffffff;

/** A number as millionths, halves upward; `undefined` for what is not a number. Infinities stay, to be clamped. */
export function toMillionths(value: number | undefined): number | undefined {
  return value === undefined || Number.isNaN(value) ? undefined : Math.round(value * ONE);
}

/** What a feature takes for a value: clamped, or its missing value clamped. */
export function settle(value: number | undefined, feature: Feature): number {
  const settled = value ?? feature.missingMillionths;
  // Adding zero turns -0 into 0, so that equal values are equal bits.
  return Math.min(Math.max(settled, feature.minMillionths), feature.maxMillionths) + 0;
}

/**
 * round(weight · value), halves upward. Exact: a compiled model keeps every term within `SCORE_MAX`, so the
 * product stays below 2³¹ · 10⁶ < 2⁵³, and a quotient of that size is never rounded across a half.
 */
export function weigh(weightMillionths: number, valueMillionths: number): number {
  return Math.round((weightMillionths * valueMillionths) / ONE) + 0;
}

/** floor(10⁶ · part / whole) for 0 ≤ part ≤ whole; 0 where the whole is 0. Exact at any size. */
export function shareMillionths(part: number, whole: number): number {
  if (whole === 0) return 0;
  const scaled = part * ONE;
  if (scaled < Number.MAX_SAFE_INTEGER) return Math.floor(scaled / whole);
  return Number((BigInt(part) * BigInt(ONE)) / BigInt(whole));
}
