import { expect, test } from "vitest";
import { rateLimit } from "./rate-limit.ts";

test("lets a burst through, then the rate, each principal by itself", () => {
  let nowMs = 0;
  const limit = rateLimit({ callsPerSecond: 10, burst: 3, nowMs: () => nowMs });
  expect([1, 2, 3].map(() => limit.take("ann"))).toEqual([0, 0, 0]);
  expect(limit.take("ann")).toBe(100);
  expect(limit.take("bob")).toBe(0);
  nowMs = 100;
  expect(limit.take("ann")).toBe(0);
  expect(limit.take("ann")).toBeGreaterThan(0);
});

test("remembers a bounded number of principals", () => {
  const limit = rateLimit({ callsPerSecond: 1, burst: 1, nowMs: () => 0, principalsMax: 2 });
  for (const principal of ["a", "b", "c"]) expect(limit.take(principal)).toBe(0);
  expect(limit.take("a")).toBe(0);
  expect(limit.take("c")).toBeGreaterThan(0);
});
