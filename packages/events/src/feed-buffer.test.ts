import { create } from "@bufbuild/protobuf";
import { EnvelopeSchema } from "@marketmesh/contracts/events/v1";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FeedBroken, feedBuffer } from "./feed-buffer.ts";

const at = (feedSeq: bigint, feedEpoch = 1n) => create(EnvelopeSchema, { feedSeq, feedEpoch });

test("gives out each fact once, densely, whatever the order and however often they come", () => {
  const arrivals = fc.shuffledSubarray([...Array(40).keys(), ...Array(40).keys()], {
    minLength: 80,
    maxLength: 80,
  });
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 1, max: 7 }), (order, chunk) => {
      const buffer = feedBuffer({ epoch: 1n, feedSeq: 5n }, 100);
      const given: bigint[] = [];
      for (let start = 0; start < order.length; start += chunk) {
        const part = order.slice(start, start + chunk).map((seq) => at(BigInt(seq + 1)));
        given.push(...buffer.offer(part).map(({ feedSeq }) => feedSeq));
      }
      expect(given).toEqual(Array.from({ length: 35 }, (_, index) => BigInt(index + 6)));
      expect(buffer.gap).toBe(false);
    }),
  );
});

test("holds what comes after a gap, up to its bound", () => {
  const buffer = feedBuffer({ epoch: 1n, feedSeq: 0n }, 2);
  expect(buffer.offer([at(3n), at(4n)])).toEqual([]);
  expect(buffer.gap).toBe(true);
  expect(() => buffer.offer([at(5n)])).toThrow(FeedBroken);
});

test("breaks at a newer epoch and passes over what is left of older ones", () => {
  const buffer = feedBuffer({ epoch: 2n, feedSeq: 0n }, 2);
  expect(buffer.offer([at(7n, 1n), at(1n, 2n), at(8n, 1n)])).toEqual([at(1n, 2n)]);
  expect(buffer.gap).toBe(false);
  expect(() => buffer.offer([at(1n, 3n)])).toThrow("epoch 3 began");
});
