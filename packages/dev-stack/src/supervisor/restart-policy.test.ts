import { expect, test } from "vitest";
import { afterEnd, type RestartPolicy } from "./restart-policy.ts";

const policy: RestartPolicy = { endsMax: 3, windowMs: 10_000, delayMsMin: 100, delayMsMax: 300 };

test("delays double up to the cap, then the process is given up", () => {
  expect(afterEnd([0], policy)).toEqual({ delayMs: 100 });
  expect(afterEnd([0, 1], policy)).toEqual({ delayMs: 200 });
  expect(afterEnd([0, 1, 2], policy)).toEqual({ delayMs: 300 });
  expect(afterEnd([0, 1, 2, 3], policy)).toBe("give up");
});

test("ends outside the window are forgotten", () => {
  expect(afterEnd([0, 1, 2, 10_002], policy)).toEqual({ delayMs: 100 });
  expect(afterEnd([0, 1, 2, 10_001], policy)).toEqual({ delayMs: 200 });
});
