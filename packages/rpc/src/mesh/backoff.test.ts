import { expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";

test("waits between attempts double up to a second, and jitter spreads them over half of it", () => {
  const attempts = [1, 2, 3, 6, 7, 50];
  expect(attempts.map((attempt) => backoffMs(attempt, 1))).toEqual([20, 40, 80, 640, 1_000, 1_000]);
  expect(attempts.map((attempt) => backoffMs(attempt, 0))).toEqual([10, 20, 40, 320, 500, 500]);
});
