import fc from "fast-check";
import { expect, test } from "vitest";
import { SCORE_MAX, shareMillionths, toMillionths, weigh } from "./fixed-point.ts";

/** round(numerator / denominator), halves upward, in big integers. */
function roundExactly(numerator: bigint, denominator: bigint): bigint {
  const doubled = 2n * numerator + denominator;
  const quotient = doubled / (2n * denominator);
  return doubled % (2n * denominator) < 0n ? quotient - 1n : quotient;
}

test("weighs exactly as big integers do", () => {
  const millionths = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });
  fc.assert(
    fc.property(millionths, millionths, (weight, value) => {
      fc.pre(Math.abs(weight * value) <= SCORE_MAX * 1e6);
      expect(BigInt(weigh(weight, value))).toBe(roundExactly(BigInt(weight) * BigInt(value), 1_000_000n));
    }),
    { numRuns: 2000 },
  );
});

test.each([
  [1, 500_000, 1],
  [1, 499_999, 0],
  [-1, 500_000, 0],
  [-1, 500_001, -1],
  [-1_000_000, 0, 0],
  [2_147_483, 1_000_000_000, 2_147_483_000],
])("weigh(%i, %i) is %i", (weight, value, term) => {
  expect(weigh(weight, value)).toBe(term);
});

test("shares are floors at any size", () => {
  const weight = fc.integer({ min: 0, max: 2 ** 50 });
  fc.assert(
    fc.property(weight, fc.integer({ min: 1, max: 2 ** 50 }), (one, other) => {
      const [part, whole] = [Math.min(one, other), Math.max(one, other)];
      expect(BigInt(shareMillionths(part, whole))).toBe((BigInt(part) * 1_000_000n) / BigInt(whole));
    }),
  );
  expect(shareMillionths(0, 0)).toBe(0);
  expect(shareMillionths(2, 3)).toBe(666_666);
  // In doubles the product is rounded up and the floor would be 999,993.
  expect(shareMillionths(1_125_892_025_543_275, 1_125_899_906_842_623)).toBe(999_992);
});

test("rounds values to millionths, halves upward, and knows what is not a number", () => {
  expect([0.5e-6, -0.5e-6, 1.25, 2.0000004].map(toMillionths)).toEqual([1, -0, 1_250_000, 2_000_000]);
  expect(toMillionths(Number.NaN)).toBeUndefined();
  expect(toMillionths(undefined)).toBeUndefined();
});
