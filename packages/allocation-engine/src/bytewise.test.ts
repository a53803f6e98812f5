import fc from "fast-check";
import { expect, test } from "vitest";
import { compareBytewise } from "./bytewise.ts";

test("orders as the UTF-8 bytes do", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 8 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareBytewise(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test.each([
  ["a", "b"],
  ["a", "aa"],
  ["", "a"],
  ["B", "a"],
  ["job-10", "job-9"],
  ["z", "é"],
  ["\uff5e", "\u{1f600}"],
  ["\u{1f600}", "\u{1f601}"],
])("puts %j before %j", (lower, higher) => {
  expect(compareBytewise(lower, higher)).toBeLessThan(0);
  expect(compareBytewise(higher, lower)).toBeGreaterThan(0);
});
