import fc from "fast-check";
import { expect, test } from "vitest";
import { levelOf } from "../testing/levels.ts";
import { type HeldUnits, Ledger } from "./ledger.ts";

const now = new Date(1);
const supply = levelOf({ listingId: "s", catalogUnits: 3 });
const demand = levelOf({ listingId: "d", side: "DEMAND", catalogUnits: 2 });
const pair = { demand: "d", supply: "s", units: 1 };

test.each([
  ["an unknown side", [demand], pair, "CAPACITY_NOT_FOUND"],
  ["a pair the wrong way round", [supply, demand], { demand: "s", supply: "d", units: 1 }, "SIDE_INVALID"],
  ["a listing that is not open", [{ ...supply, open: false }, demand], pair, "LISTING_NOT_OPEN"],
  [
    "more than the supply has",
    [supply, levelOf({ ...demand, catalogUnits: 9 })],
    { ...pair, units: 4 },
    "CAPACITY_EXHAUSTED",
  ],
  ["more than the demand wants", [supply, demand], { ...pair, units: 3 }, "CAPACITY_EXHAUSTED"],
  [
    "two units of an exclusive supply",
    [{ ...supply, exclusiveGroup: "g" }, demand],
    { ...pair, units: 2 },
    "GROUP_EXHAUSTED",
  ],
])("refuses %s and changes nothing", (_, levels, wanted, reason) => {
  const ledger = new Ledger(levels, [], now);
  expect(ledger.claim(wanted)).toMatchObject({ ok: false, reason });
  expect(ledger.changedLevels(now)).toEqual([]);
});

test("demands without a value of the group share one unit", () => {
  const other = levelOf({ listingId: "e", side: "DEMAND" });
  const ledger = new Ledger([{ ...supply, exclusiveGroup: "g" }, demand, other], [], now);
  expect(ledger.claim(pair)).toMatchObject({ ok: true, groupValue: "g=" });
  expect(ledger.claim({ ...pair, demand: "e" })).toMatchObject({ reason: "GROUP_EXHAUSTED" });
  expect(ledger.newGroupClaims()).toEqual([{ supply: "s", groupValue: "g=" }]);
});

test("a released hold frees its group value, whatever the supply's group is by now", () => {
  const ledger = new Ledger(
    [
      { ...supply, held: 1 },
      { ...demand, held: 1 },
    ],
    [],
    now,
  );
  ledger.release({ ...pair, groupValue: "g=health" });
  expect(ledger.goneGroupClaims()).toEqual([{ supply: "s", groupValue: "g=health" }]);
});

test("a group value that is released and claimed again stays claimed", () => {
  const exclusive = { ...supply, exclusiveGroup: "g", held: 1 };
  const ledger = new Ledger([exclusive, { ...demand, held: 1 }], [{ supply: "s", groupValue: "g=" }], now);
  ledger.release({ ...pair, groupValue: "g=" });
  expect(ledger.claim(pair)).toMatchObject({ ok: true, groupValue: "g=" });
  expect([ledger.goneGroupClaims(), ledger.newGroupClaims()]).toEqual([[], []]);
});

test("units that were on hand only because they were claimed go when they are let go", () => {
  const clamped = levelOf({ listingId: "s", catalogUnits: 1, held: 3 });
  const ledger = new Ledger([clamped, levelOf({ ...demand, held: 2 })], [], now);
  ledger.release({ ...pair, units: 2, groupValue: undefined });
  expect(ledger.levelOf("s")).toMatchObject({ onHand: 1, held: 1 });
  expect(ledger.onHandChanges(now).map(({ delta }) => delta)).toEqual([-2]);
});

test("property: whatever is claimed, confirmed and released, levels add up and never exceed what is on hand", () => {
  const step = fc.tuple(
    fc.constantFrom("claim", "confirm", "release"),
    fc.nat(3),
    fc.nat(3),
    fc.integer({ min: 1, max: 3 }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const levels = [0, 1, 2, 3].flatMap((n) => [
        levelOf({ listingId: `s${n}`, catalogUnits: n * 2, exclusiveGroup: n === 3 ? "g" : "" }),
        levelOf({ listingId: `d${n}`, side: "DEMAND", catalogUnits: 4, groups: { g: String(n % 2) } }),
      ]);
      const ledger = new Ledger(levels, [], now);
      const held: HeldUnits[] = [];
      const allocated: HeldUnits[] = [];
      for (const [verb, d, s, units] of steps) {
        if (verb === "claim") {
          const claim = ledger.claim({ demand: `d${d}`, supply: `s${s}`, units });
          if (claim.ok) held.push({ demand: `d${d}`, supply: `s${s}`, units, groupValue: claim.groupValue });
          continue;
        }
        const one = held.shift();
        if (one && verb === "confirm") allocated.push(one);
        if (one && verb === "confirm") ledger.confirm(one);
        else if (one) ledger.release(one);
      }
      for (const { listingId } of levels) {
        const level = ledger.levelOf(listingId)!;
        const sum = (all: HeldUnits[]) =>
          all
            .filter((one) => one.demand === listingId || one.supply === listingId)
            .reduce((n, { units }) => n + units, 0);
        expect([level.held, level.allocated]).toEqual([sum(held), sum(allocated)]);
        expect(level.held + level.allocated).toBeLessThanOrEqual(level.onHand);
      }
      const values = [...held, ...allocated].flatMap(({ groupValue }) => groupValue ?? []);
      expect(new Set(values).size).toBe(values.length);
    }),
  );
});
