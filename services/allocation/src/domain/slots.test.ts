import { expect, test } from "vitest";
import { levelOf } from "../testing/levels.ts";
import { claimed, confirmed, type Level } from "./level.ts";
import { pickPlace } from "./pick-place.ts";
import { supplySnapshot } from "./round-snapshot.ts";
import { defineSlots, type Slot } from "./slots.ts";
import type { StockOutcome } from "./stock.ts";

const hour = (n: number) => new Date(n * 3_600_000);
const slot = (id: string, start: number, units = 1): Slot => ({
  id,
  start: hour(start),
  end: hour(start + 1),
  units,
});
const empty = levelOf({ listingId: "s", catalogUnits: 0 });

function defined(level: Level, slots: Slot[], { replace = false, at = 0 } = {}): StockOutcome {
  return defineSlots(level, "", slots, { replace, marketTime: hour(at), now: new Date(1) });
}
function levelAfter(outcome: StockOutcome): Level {
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.level;
}
const nine = { location: "", slot: "nine" };

test("slots add their units, and a claim takes the earliest that has them and is not over", () => {
  const level = levelAfter(defined(empty, [slot("ten", 10), slot("nine", 9)]));
  expect(level).toMatchObject({ onHand: 2, poolCount: 2 });
  expect(pickPlace(level, 1, undefined, hour(0))).toMatchObject({ slot: "nine" });
  expect(pickPlace(level, 1, undefined, hour(10))).toMatchObject({ slot: "ten" });
  expect(pickPlace(level, 2, undefined, hour(0))).toBe("CAPACITY_EXHAUSTED");
  expect(pickPlace(level, 1, nine, hour(10))).toBe("SLOT_OVER");
  expect(pickPlace(level, 1, { location: "", slot: "noon" }, hour(0))).toBe("POOL_NOT_FOUND");
  expect(pickPlace(claimed(level, 1, nine), 1, nine, hour(0))).toBe("CAPACITY_EXHAUSTED");
});

test("what is free in a slot that is over is left for nobody, rounds included", () => {
  const both = levelAfter(defined(empty, [slot("nine", 9, 2), slot("ten", 10, 3)]));
  const level = claimed(both, 1, nine);
  const left = (at: number) => supplySnapshot(level, hour(at)).units;
  expect([left(0), left(10), left(11)]).toEqual([4, 3, 0]);
  expect(supplySnapshot(levelOf({ listingId: "all", unlimited: true }), hour(0)).units).toBe(-1);
});

test("a slot with claims keeps its times and never has fewer units", () => {
  const level = claimed(levelAfter(defined(empty, [slot("nine", 9, 3)])), 2, nine);
  expect(defined(level, [slot("nine", 9, 2)])).toMatchObject({ level: { onHand: 2 } });
  expect(defined(level, [slot("nine", 9, 1)])).toMatchObject({ reason: "CAPACITY_BELOW_CLAIMS" });
  expect(defined(level, [slot("nine", 8, 3)])).toMatchObject({ reason: "SLOT_CLAIMED" });
  expect(defined(level, [], { replace: true })).toMatchObject({ reason: "SLOT_CLAIMED" });
  expect(defined(level, [slot("ten", 10)])).toMatchObject({ level: { onHand: 4, poolCount: 2 } });
});

test("slots that are over give back what was free in them, and go once nothing refers to them", () => {
  const both = levelAfter(defined(empty, [slot("nine", 9, 3), slot("eight", 8)]));
  const used = confirmed(claimed(both, 2, nine), 2, nine);
  const outcome = defined(used, [slot("noon", 12)], { replace: true, at: 11 });
  expect(outcome).toMatchObject({
    level: { onHand: 3, allocated: 2, poolCount: 2 },
    moves: [
      { slot: "nine", delta: -1 },
      { slot: "noon", delta: 1 },
      { slot: "eight", delta: -1 },
    ],
  });
});
