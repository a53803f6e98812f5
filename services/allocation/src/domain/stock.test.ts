import { describe, expect, test } from "vitest";
import { levelOf } from "../testing/levels.ts";
import type { Level } from "./level.ts";
import { defaultPlace } from "./pool.ts";
import { addUnits, countUnits, placesOf, poolsMax, type StockOutcome, transferUnits } from "./stock.ts";

const now = new Date(1);
const north = { location: "north", slot: "" };
const south = { location: "south", slot: "" };

function levelAfter(outcome: StockOutcome): Level {
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.level;
}

const unitsOf = (level: Level) =>
  placesOf(level).map(({ location, onHand, held, allocated }) => [location, onHand, held, allocated]);

test("what comes is on hand at its place, and in the level", () => {
  const outcome = addUnits(levelOf({ listingId: "s", catalogUnits: 2 }), north, 5, now);
  const level = levelAfter(outcome);
  expect(level).toMatchObject({ onHand: 7, adjustment: 5, poolCount: 1, version: 2 });
  expect(unitsOf(level)).toEqual([
    ["", 2, 0, 0],
    ["north", 5, 0, 0],
  ]);
  expect(outcome).toMatchObject({ moves: [{ location: "north", slot: "", delta: 5 }] });
});

test("a transfer moves free units and nothing else", () => {
  const level = levelAfter(addUnits(levelOf({ listingId: "s", catalogUnits: 2, held: 1 }), north, 5, now));
  const moved = transferUnits(level, north, south, 3, now);
  expect(moved).toMatchObject({
    level: { onHand: 7 },
    moves: [
      { location: "north", delta: -3 },
      { location: "south", delta: 3 },
    ],
  });
  expect(transferUnits(level, defaultPlace, south, 2, now)).toMatchObject({
    reason: "CAPACITY_BELOW_CLAIMS",
    units: { held: 1 },
  });
  expect(transferUnits(level, south, north, 1, now)).toMatchObject({ reason: "POOL_NOT_FOUND" });
});

test("a listing that is short of units can be corrected upwards, not further down", () => {
  const short = levelOf({ listingId: "s", catalogUnits: 1, held: 3 });
  expect(addUnits(short, defaultPlace, 1, now)).toMatchObject({ level: { adjustment: 1, onHand: 3 } });
  expect(addUnits(short, defaultPlace, 3, now)).toMatchObject({ level: { adjustment: 3, onHand: 4 } });
  expect(addUnits(short, defaultPlace, -1, now)).toMatchObject({ reason: "CAPACITY_BELOW_CLAIMS" });
});

test("units that a catalog took away are made up for by what comes back from a pool", () => {
  const stocked = levelAfter(
    transferUnits(levelOf({ listingId: "s", catalogUnits: 8 }), defaultPlace, north, 8, now),
  );
  const shrunk = { ...stocked, catalogUnits: 5 };
  const back = transferUnits(shrunk, north, defaultPlace, 4, now);
  expect(back).toMatchObject({
    level: { onHand: 5 },
    moves: [
      { location: "", delta: 1 },
      { location: "north", delta: -4 },
    ],
  });
});

describe("a count", () => {
  const level = levelOf({ listingId: "s", catalogUnits: 6, held: 1, allocated: 2 });

  test.each([
    ["more than there was", 9, false, 9],
    ["as many as are claimed", 3, false, 3],
    ["the shelf, when what is allocated has left", 1, true, 3],
  ])("of %s is what is on hand then", (_, counted, gone, onHand) => {
    expect(countUnits(level, defaultPlace, counted, gone, now)).toMatchObject({ level: { onHand } });
  });

  test("of fewer than are claimed is refused with what is claimed", () => {
    const refused = { reason: "CAPACITY_BELOW_CLAIMS", units: { held: 1, allocated: 2 } };
    expect(countUnits(level, defaultPlace, 2, false, now)).toMatchObject(refused);
    expect(countUnits(level, defaultPlace, 0, true, now)).toMatchObject(refused);
  });

  test("that agrees is a change of nothing", () => {
    expect(countUnits(level, defaultPlace, 6, false, now)).toMatchObject({
      moves: [],
      level: { version: 2 },
    });
  });

  test("finds a location that nobody knew", () => {
    expect(countUnits(level, north, 4, false, now)).toMatchObject({ level: { onHand: 10, poolCount: 1 } });
  });
});

test("a listing has up to a thousand places", () => {
  const pools = Array.from({ length: poolsMax - 1 }, (_, n) => ({
    ...{ location: `l${n}`, slot: "", start: undefined, end: undefined },
    ...{ onHand: 0, held: 0, allocated: 0 },
  }));
  const level = levelOf({ listingId: "s", pools, poolCount: pools.length });
  const full = levelAfter(addUnits(level, north, 1, now));
  expect(addUnits(full, south, 1, now)).toMatchObject({ reason: "POOLS_EXHAUSTED" });
  expect(addUnits(full, north, 1, now)).toMatchObject({ ok: true });
});

test("an unlimited listing has no stock to change", () => {
  const level = levelOf({ listingId: "s", unlimited: true });
  expect(addUnits(level, north, 1, now)).toMatchObject({ reason: "CAPACITY_UNLIMITED" });
  expect(countUnits(level, defaultPlace, 1, false, now)).toMatchObject({ reason: "CAPACITY_UNLIMITED" });
});
