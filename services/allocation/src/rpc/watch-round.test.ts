import { expect, test } from "vitest";
import { nextLookMs } from "./watch-round.ts";

test("a round that stands still is looked at ever more rarely, never later than by a tenth of that time", () => {
  let looks = 0;
  for (let ms = 0; ms < 86_400_000; ms += nextLookMs(ms)) looks += 1;
  expect(looks).toBeLessThan(9_000);
  expect(nextLookMs(0)).toBe(250);
  for (const ms of [3_000, 60_000, 86_400_000]) expect(nextLookMs(ms)).toBeLessThanOrEqual(ms / 10);
});
