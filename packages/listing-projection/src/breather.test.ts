import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { breather } from "./breather.ts";

test("others run in between, once the slice is over", async () => {
  let othersRan = false;
  const other = setImmediate().then(() => {
    othersRan = true;
  });
  const { breathe } = breather(new AbortController().signal, 0);
  await breathe();
  await breathe();
  expect(othersRan).toBe(true);
  await other;
});

test("work ends when the caller has left", async () => {
  const caller = new AbortController();
  const { breathe } = breather(caller.signal);
  await breathe();
  caller.abort(new Error("gone"));
  await expect(breathe()).rejects.toThrow("gone");
});
