import { expect, test } from "vitest";
import { Group } from "./group.ts";

test("what comes while a batch is under way shares the next one", async () => {
  const batches: number[][] = [];
  const gate = Promise.withResolvers<void>();
  const group = new Group<number, number>(
    async (items) => {
      batches.push([...items]);
      if (batches.length === 1) await gate.promise;
      return items.map((item) => item * 2);
    },
    { sizeMax: 3, parallelMax: 1 },
  );
  const first = group.add(1);
  await Promise.resolve();
  const others = [2, 3, 4, 5].map((item) => group.add(item));
  gate.resolve();
  expect(await Promise.all([first, ...others])).toEqual([2, 4, 6, 8, 10]);
  expect(batches).toEqual([[1], [2, 3, 4], [5]]);
});

test("a batch that fails is done one by one, so that each fails for itself", async () => {
  const group = new Group<number, number>(
    async (items) => {
      if (items.includes(2)) throw new Error("two");
      return items;
    },
    { sizeMax: 10, parallelMax: 1 },
  );
  const results = await Promise.allSettled([1, 2, 3].map((item) => group.add(item)));
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});
