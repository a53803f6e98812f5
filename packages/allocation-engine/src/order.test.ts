import fc from "fast-check";
import { expect, test } from "vitest";
import { bestFirst, identity, stableOrder } from "./order.ts";

test("puts the best score first and equal scores in item order", () => {
  const score = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer());
  fc.assert(
    fc.property(fc.int32Array(), fc.array(score), (spread, narrow) => {
      for (const scores of [spread, Int32Array.from(narrow)]) {
        const expected = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
        expect([...bestFirst(scores)]).toEqual(expected);
      }
    }),
  );
});

test("orders the whole range of scores", () => {
  const scores = Int32Array.of(0, -0x80000000, 0x7fffffff, -1, 1);
  expect([...bestFirst(scores)]).toEqual([2, 4, 0, 3, 1]);
});

test("groups by key and keeps the order inside a group", () => {
  const { order, offsets } = stableOrder(identity(5), Uint32Array.of(2, 0, 2, 0, 3), 4);
  expect([...order]).toEqual([1, 3, 0, 2, 4]);
  expect([...offsets]).toEqual([0, 2, 2, 4, 5]);
});
