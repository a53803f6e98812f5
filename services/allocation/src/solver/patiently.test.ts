import { expect, test } from "vitest";
import { patiently } from "./patiently.ts";

async function gathered<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

test("passes on what comes in time", async () => {
  async function* prompt() {
    yield 1;
    yield 2;
  }
  expect(await gathered(patiently(prompt(), 60_000))).toEqual([1, 2]);
});

test("ends a stream in which nothing comes", async () => {
  let returned = false;
  const silent: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => {}),
      return: async () => {
        returned = true;
        return { done: true, value: undefined };
      },
    }),
  };
  await expect(gathered(patiently(silent, 5))).rejects.toThrow("nothing came for 5 ms");
  expect(returned).toBe(true);
});
