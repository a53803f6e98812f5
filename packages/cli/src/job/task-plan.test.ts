import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { TaskSchema } from "@marketmesh/contracts/fulfillment/v1";
import { describe, expect, it } from "vitest";
import { planOf } from "./task-plan.ts";

const startMs = Date.parse("2026-03-02T08:00:00Z");
const hourMs = 3_600_000;
const behaviours = {
  "confirm-receipt": {
    withinHours: { min: 2, max: 50 },
    results: [
      { share: 0.6, result: { confirmed: true } },
      { share: 0.1, result: { confirmed: false } },
    ],
  },
};

function taskOf(subject: number, dueHours?: number) {
  return create(TaskSchema, {
    type: "confirm-receipt",
    subject: `markets/m/allocations/a${subject}`,
    createTime: timestampFromMs(startMs),
    ...(dueHours !== undefined && { dueTime: timestampFromMs(startMs + dueHours * hourMs) }),
  });
}

const plansOf = (seed: number, dueHours?: number) =>
  Array.from({ length: 5_000 }, (_, n) => planOf(behaviours, seed, taskOf(n, dueHours), `d${n}/s${n}`));

describe("planOf", () => {
  it("plans the same for the same seed and subject, and differs between seeds", () => {
    expect(plansOf(1)).toEqual(plansOf(1));
    expect(plansOf(1).map((plan) => plan?.atMs)).not.toEqual(plansOf(2).map((plan) => plan?.atMs));
  });

  it("draws results in the shares asked for, within the hours asked for; nobody does the rest", () => {
    const plans = plansOf(7);
    const share = (confirmed: boolean) =>
      plans.filter((plan) => plan?.result.confirmed === confirmed).length / plans.length;
    expect(share(true)).toBeCloseTo(0.6, 1);
    expect(share(false)).toBeCloseTo(0.1, 1);
    for (const plan of plans) {
      if (plan === undefined) continue;
      expect(plan.atMs).toBeGreaterThanOrEqual(startMs + 2 * hourMs);
      expect(plan.atMs).toBeLessThanOrEqual(startMs + 50 * hourMs);
    }
  });

  it("leaves a task alone that would be done after it is due", () => {
    for (const plan of plansOf(7, 10)) {
      if (plan !== undefined) expect(plan.atMs).toBeLessThan(timestampMs(plan.task.dueTime!));
    }
    expect(plansOf(7, 10).filter(Boolean).length).toBeLessThan(plansOf(7).filter(Boolean).length);
  });

  it("leaves a task alone of whose type nobody has said anything", () => {
    expect(planOf({}, 1, taskOf(1), "d/s")).toBeUndefined();
  });
});
