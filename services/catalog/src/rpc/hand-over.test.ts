import { expect, test } from "vitest";
import { handOver, turns } from "./hand-over.ts";

const patience = (ms: number) => ({ ms, tooSlow: () => new Error("too slow") });

test("a reader gets every part in order, then what the producer failed with", async () => {
  const parts: number[] = [];
  const reading = async () => {
    const read = handOver<number>(async (push) => {
      for (const part of [1, 2, 3]) await push(part);
      throw new Error("failed");
    }, patience(60_000));
    for await (const part of read) parts.push(part);
  };
  await expect(reading()).rejects.toThrow("failed");
  expect(parts).toEqual([1, 2, 3]);
});

test("a producer whose part is not taken in time unwinds though the reader does nothing, and the reader is told", async () => {
  const unwound = Promise.withResolvers<void>();
  const read = handOver<number>(async (push) => {
    try {
      await push(1);
    } finally {
      unwound.resolve();
    }
  }, patience(10));
  expect((await read.next()).value).toBe(1);
  await unwound.promise;
  await expect(read.next()).rejects.toThrow("too slow");
});

test("of more work than may run at once some waits, and what can't even wait is refused", async () => {
  const inTurn = turns({ max: 1, waitingMax: 1, refuse: () => new Error("too many") });
  const first = Promise.withResolvers<void>();
  const order: string[] = [];
  const running = inTurn(() => first.promise.then(() => order.push("first")));
  const waiting = inTurn(async () => order.push("second"));
  await expect(inTurn(async () => order.push("third"))).rejects.toThrow("too many");
  first.resolve();
  await Promise.all([running, waiting]);
  expect(order).toEqual(["first", "second"]);
  await inTurn(async () => order.push("fourth"));
  expect(order).toHaveLength(3);
});
