import fc from "fast-check";
import { expect, test } from "vitest";
import { LIST_ENDED, Preferences } from "./preferences.ts";
import { areShort, SHORT, ShortLists } from "./short-lists.ts";

test("gives what sorted lists give, in the same order", () => {
  const lists = fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 12 }), { maxLength: 6 });
  fc.assert(
    fc.property(lists, (scoresOf) => {
      const scores = Int32Array.from(scoresOf.flat());
      const owners = Uint32Array.from(scoresOf.flatMap((list, owner) => list.map(() => owner)));
      const offsets = new Uint32Array(scoresOf.length + 1);
      for (const [owner, list] of scoresOf.entries()) offsets[owner + 1] = offsets[owner]! + list.length;
      const short = new ShortLists(offsets, scores);
      const sorted = new Preferences(owners, scoresOf.length, scores);
      for (const owner of scoresOf.keys()) {
        for (let edge = 0; edge !== LIST_ENDED; ) {
          edge = sorted.next(owner);
          expect(short.next(owner)).toBe(edge);
        }
      }
    }),
    { seed: 37 },
  );
});

test("says which lists are short", () => {
  expect(areShort(Uint32Array.of(0, SHORT, 2 * SHORT))).toBe(true);
  expect(areShort(Uint32Array.of(0, SHORT + 1))).toBe(false);
  expect(areShort(Uint32Array.of(0))).toBe(true);
});
