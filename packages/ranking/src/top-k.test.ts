import fc from "fast-check";
import { expect, test } from "vitest";
import { TopK } from "./top-k.ts";

test("keeps what sorting would put first", () => {
  const offers = fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 40 });
  fc.assert(
    fc.property(offers, fc.nat(12), fc.nat(5), (scores, limit, skip) => {
      const idOf = (ordinal: number) => `listing-${(ordinal * 7) % 41}`;
      const top = new TopK(limit, idOf);
      for (const [ordinal, score] of scores.entries()) top.offer(ordinal, score);
      const expected = [...scores.keys()]
        .sort((a, b) => scores[b]! - scores[a]! || (idOf(a) < idOf(b) ? -1 : 1))
        .slice(skip, Math.max(skip, limit));
      const best = top.best(skip);
      expect([...best.ordinals]).toEqual(expected);
      expect([...best.scores]).toEqual(expected.map((ordinal) => scores[ordinal]));
    }),
  );
});

test("breaks ties by the bytes of the id, not by ordinal", () => {
  const ids = ["z", "\u{1f600}", "\uff5e", "a10", "a9"];
  const top = new TopK(5, (ordinal) => ids[ordinal]!);
  for (const ordinal of ids.keys()) top.offer(ordinal, 1);
  expect([...top.best(0).ordinals].map((ordinal) => ids[ordinal])).toEqual([
    "a10",
    "a9",
    "z",
    "\uff5e",
    "\u{1f600}",
  ]);
});
