import { expect, test } from "vitest";
import { FailureLimiter } from "./failure-limiter.ts";

const policy = { perSecond: 2, burst: 4, perCredential: 3, rememberedMax: 5 };

test("a credential that failed too often waits for the end of its minute", () => {
  const limiter = new FailureLimiter({ ...policy, burst: 100 });
  expect(limiter.isFirstFailure("bad", 0)).toBe(true);
  for (const nowMs of [0, 10, 20]) {
    expect(limiter.waitMs("bad", nowMs)).toBe(0);
    limiter.failed("bad", nowMs);
  }
  expect(limiter.isFirstFailure("bad", 21)).toBe(false);
  expect(limiter.waitMs("bad", 1_000)).toBe(59_000);
  expect(limiter.waitMs("other", 1_000)).toBe(0);
  expect(limiter.waitMs("bad", 60_000)).toBe(0);
});

test("when all failures are too many, only what was good before gets through", () => {
  const limiter = new FailureLimiter(policy);
  limiter.succeeded("good");
  for (const n of [1, 2, 3, 4]) limiter.failed(`guess ${n}`, 0);
  expect(limiter.waitMs("guess 5", 0)).toBe(500);
  expect(limiter.waitMs("good", 0)).toBe(0);
  expect(limiter.waitMs("guess 5", 500)).toBe(0);
});

test("a good credential that goes bad is good no more", () => {
  const limiter = new FailureLimiter({ ...policy, burst: 1 });
  limiter.succeeded("key");
  limiter.failed("key", 0);
  expect(limiter.waitMs("key", 0)).toBe(500);
});

test("remembers no more than it may, the latest first", () => {
  const limiter = new FailureLimiter({ ...policy, burst: 1_000, perCredential: 1 });
  for (let n = 0; n < 100; n++) limiter.failed(`guess ${n}`, 0);
  expect(limiter.waitMs("guess 94", 0)).toBe(0);
  expect(limiter.waitMs("guess 95", 0)).toBe(60_000);
});
