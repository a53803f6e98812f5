import { expect, test } from "vitest";
import type { Plan } from "../domain/plan.ts";
import { insertLevels } from "../storage/capacity-store.ts";
import { openTestDatabase, staffOf } from "../testing/database.ts";
import { levelOf } from "../testing/levels.ts";
import { lookAhead } from "./look-ahead.ts";

const market = "bazaar";
const now = new Date(1);
const plan = { unitMode: "SPREAD" } as Plan;

/** Fifty supplies of one unit, s0 best, of which so many are taken, and a demand for one. */
async function lookAmong(taken: number) {
  await using opened = await openTestDatabase();
  const supplies = Array.from({ length: 50 }, (_, n) =>
    levelOf({ listingId: `s${n}`, ordinal: n, held: n < taken ? 1 : 0 }),
  );
  const demand = levelOf({ listingId: "d", side: "DEMAND", ordinal: 50 });
  const candidates = supplies.map(({ listingId: supply }) => ({ supply, demandScore: 1, supplyScore: 1 }));
  return opened.database.transaction(staffOf(market), async (tx) => {
    await insertLevels(tx, market, [...supplies, demand]);
    const horizon = { market, plan, spare: 2, wanted: () => 1, now };
    return lookAhead(tx, [{ demand: "d", candidates, more: false }], horizon);
  });
}

test("the first candidates are enough where something is left of them", async () => {
  const { listings, choices } = await lookAmong(1);
  expect([...listings]).toEqual(["d", "s1", "s2", "s3"]);
  expect(choices).toMatchObject([{ cut: true, more: true }]);
  expect(choices[0]!.candidates).toHaveLength(5);
});

test("a demand whose first candidates have nothing left looks further, once", async () => {
  const some = await lookAmong(9);
  expect([...some.listings]).toEqual(["d", "s9", "s10", "s11"]);
  expect(some.unlocked.supplyRefusal({ demand: "d", supply: "s8", units: 1 })).toBe("CAPACITY_EXHAUSTED");
  const none = await lookAmong(40);
  expect([...none.listings]).toEqual(["d"]);
  expect(none.choices).toMatchObject([{ cut: true, more: true }]);
  expect(none.choices[0]!.candidates).toHaveLength(18);
});
