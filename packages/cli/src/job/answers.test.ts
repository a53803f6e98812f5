import { describe, expect, it } from "vitest";
import { replyOf } from "./answers.ts";

const behaviour = { accept: 0.4, decline: 0.35, minHours: 2, maxHours: 10 };

describe("replyOf", () => {
  it("says the same for the same seed and pair, and differs between seeds", () => {
    const replies = (seed: number) =>
      Array.from({ length: 50 }, (_, n) => replyOf(behaviour, seed, "job", `person${n}`).answer);
    expect(replies(1)).toEqual(replies(1));
    expect(replies(1)).not.toEqual(replies(2));
  });

  it("accepts, declines and stays silent in the shares asked for", () => {
    const counts = { ACCEPT: 0, DECLINE: 0, SILENT: 0 };
    for (let n = 0; n < 20_000; n += 1) counts[replyOf(behaviour, 7, `d${n % 200}`, `s${n}`).answer] += 1;
    expect(counts.ACCEPT / 20_000).toBeCloseTo(0.4, 1);
    expect(counts.DECLINE / 20_000).toBeCloseTo(0.35, 1);
    expect(counts.SILENT / 20_000).toBeCloseTo(0.25, 1);
  });

  it("answers within the hours asked for", () => {
    for (let n = 0; n < 500; n += 1) {
      const reply = replyOf(behaviour, 3, "job", `person${n}`);
      if (reply.answer === "SILENT") continue;
      expect(reply.afterMs).toBeGreaterThanOrEqual(2 * 3_600_000);
      expect(reply.afterMs).toBeLessThanOrEqual(10 * 3_600_000);
    }
  });
});
