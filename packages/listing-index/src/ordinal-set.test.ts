import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OrdinalSet } from "./index.ts";

// Up to 40 ordinals far apart, which is an array, or close together, which is a bitmap.
const ordinals = fc.oneof(
  fc.uniqueArray(fc.nat({ max: 100_000 }), { maxLength: 40 }),
  fc.uniqueArray(fc.nat({ max: 300 }), { maxLength: 300 }),
);

/** The same set in both forms. */
function formsOf(members: readonly number[]): readonly OrdinalSet[] {
  const words = new Uint32Array(3200);
  for (const member of members) words[member >>> 5]! |= 1 << (member & 31);
  return [
    OrdinalSet.of(members),
    OrdinalSet.ofWords(words),
    OrdinalSet.ofWords(words.slice(0, 10 + (Math.max(0, ...members) >>> 5))),
  ];
}

describe("an ordinal set", () => {
  it("does what sets do, in either form", () => {
    fc.assert(
      fc.property(ordinals, ordinals, (left, right) => {
        const b = new Set(right);
        for (const one of formsOf(left)) {
          for (const other of formsOf(right)) {
            expectSame(one.union(other), new Set([...left, ...right]));
            expectSame(one.intersect(other), new Set(left.filter((ordinal) => b.has(ordinal))));
            expectSame(one.subtract(other), new Set(left.filter((ordinal) => !b.has(ordinal))));
            expectSame(
              one.filter((ordinal) => ordinal % 2 === 0),
              new Set(left.filter((ordinal) => ordinal % 2 === 0)),
            );
          }
        }
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it("comes back from the wire", () => {
    fc.assert(
      fc.property(ordinals, (members) => {
        for (const set of formsOf(members)) expectSame(OrdinalSet.fromBytes(set.toBytes()), new Set(members));
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it("is packed in the smaller encoding", () => {
    expect(OrdinalSet.of([1, 100_000]).toBytes()).toEqual({
      encoding: "ARRAY_U32_LE",
      bytes: Uint8Array.of(1, 0, 0, 0, 0xa0, 0x86, 1, 0),
    });
    expect(OrdinalSet.of([0, 1, 9]).toBytes()).toEqual({ encoding: "BITMAP", bytes: Uint8Array.of(3, 2) });
    expect(OrdinalSet.empty.toBytes().bytes.length).toBe(0);
  });

  it.each([
    ["of odd length", Uint8Array.of(1, 0, 0)],
    ["out of order", Uint8Array.of(2, 0, 0, 0, 1, 0, 0, 0)],
    ["with a repeat", Uint8Array.of(2, 0, 0, 0, 2, 0, 0, 0)],
    ["with an ordinal too large", Uint8Array.of(0, 0, 0, 0xff)],
  ])("is not read from an array %s", (_, bytes) => {
    expect(() => OrdinalSet.fromBytes({ encoding: "ARRAY_U32_LE", bytes })).toThrow(RangeError);
  });
});

function expectSame(set: OrdinalSet, members: ReadonlySet<number>): void {
  const sorted = [...members].sort((a, b) => a - b);
  expect([...set]).toEqual(sorted);
  expect([...set.toArray()]).toEqual(sorted);
  expect(set.size).toBe(sorted.length);
  for (const member of sorted)
    expect(set.has(member) && !members.has(member + 1) === !set.has(member + 1)).toBe(true);
}
