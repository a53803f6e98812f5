import fc from "fast-check";
import { expect, test } from "vitest";
import { planKeys, publishedKeysAt, type ScheduledKey, signingKeyAt } from "./key-schedule.ts";

const policy = { rotateMs: 10_000, publishAheadMs: 600, keepMs: 960 };
const key = (id: string, publishMs: number, signMs: number): ScheduledKey => ({
  id,
  publishTime: new Date(publishMs),
  signTime: new Date(signMs),
});

test("the first key signs at once", () => {
  const now = new Date(5);
  expect(planKeys([], now, policy)).toEqual({ make: { publishTime: now, signTime: now }, drop: [] });
});

test("the next key is made two refreshes ahead, and later when the service slept", () => {
  const keys = [key("a", 0, 0)];
  expect(planKeys(keys, new Date(9_399), policy)).toEqual({ drop: [] });
  expect(planKeys(keys, new Date(9_400), policy).make).toEqual({
    publishTime: new Date(9_400),
    signTime: new Date(10_000),
  });
  expect(planKeys(keys, new Date(99_000), policy).make?.signTime).toEqual(new Date(99_600));
});

test("nothing is dropped while a token that it signed may live", () => {
  const keys = [key("b", 9_400, 10_000), key("a", 0, 0)];
  expect(planKeys(keys, new Date(10_959), policy).drop).toEqual([]);
  expect(planKeys(keys, new Date(10_960), policy).drop).toEqual(["a"]);
});

// Follows the plan at any times: whoever verifies must know a key for two refreshes before it signs and long enough after.
test("a key never signs unpublished, and no valid token outlives its key", () => {
  const steps = fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(steps, (gapsMs) => {
      let keys: ScheduledKey[] = [];
      let nowMs = 0;
      const lastSigned = new Map<string, number>();
      for (const [at, gapMs] of gapsMs.entries()) {
        const now = new Date(nowMs);
        const plan = planKeys(keys, now, policy);
        for (const id of plan.drop) expect(nowMs - (lastSigned.get(id) ?? 0)).toBeGreaterThanOrEqual(0);
        keys = keys.filter((one) => !plan.drop.includes(one.id));
        if (plan.make) keys.push({ id: `k${at}`, ...plan.make });
        const published = publishedKeysAt(keys, now, policy).map((one) => one.id);
        const signer = signingKeyAt(keys, now);
        expect(signer).toBeDefined();
        expect(published).toContain(signer?.id);
        const firstEver = signer?.publishTime.getTime() === 0;
        if (!firstEver)
          expect(nowMs - (signer?.publishTime.getTime() ?? 0)).toBeGreaterThanOrEqual(policy.publishAheadMs);
        lastSigned.set(signer?.id ?? "", nowMs);
        for (const [id, signedMs] of lastSigned) {
          if (nowMs - signedMs < policy.keepMs) expect(published).toContain(id);
        }
        nowMs += gapMs;
      }
    }),
  );
});
