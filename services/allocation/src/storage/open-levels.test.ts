import type { Tx } from "@marketmesh/postgres";
import { expect, test } from "vitest";
import { supplySnapshot } from "../domain/round-snapshot.ts";
import { defineSlots } from "../domain/slots.ts";
import { openTestDatabase, staffOf } from "../testing/database.ts";
import { levelOf } from "../testing/levels.ts";
import {
  insertLevels,
  lockLevels,
  readCandidateLevels,
  readLevels,
  readOpenLevels,
  saveStock,
} from "./capacity-store.ts";
import { savePools } from "./pool-store.ts";

const market = "bazaar";
const hour = (n: number) => new Date(Date.parse("2000-01-01T00:00:00Z") + n * 3_600_000);
const later = 200 * 365 * 24;

test("a round, as who decides now, sees of a calendar what is left, and what of it is together, not all its slots", async () => {
  await using opened = await openTestDatabase();
  const [read] = await opened.database.transaction(staffOf(market), async (tx) => {
    await insertCalendar(tx);
    const candidates = await readCandidateLevels(tx, market, ["doctor"]);
    const open = await readOpenLevels(tx, market, "tool", "", 10);
    expect(candidates).toEqual(open);
    return open;
  });
  expect(read).toMatchObject({ onHand: 6, pools: [{ slot: "large" }, { slot: "over" }] });
  expect(supplySnapshot(read!, new Date())).toMatchObject({ units: 3, together: 2 });
});

test("levels with a calendar and levels without are read together, in the order of their keys", async () => {
  await using opened = await openTestDatabase();
  await opened.database.transaction(staffOf(market), async (tx) => {
    await insertCalendar(tx);
    const tools = Array.from({ length: 9 }, (_, n) => levelOf({ listingId: `tool-${n}`, ordinal: n + 1 }));
    await insertLevels(tx, market, tools);
    const wanted = ["doctor", "nobody", ...tools.map(({ listingId }) => listingId)];
    const locked = await lockLevels(tx, market, wanted);
    expect(await readLevels(tx, market, wanted)).toEqual(locked);
    const candidates = await readCandidateLevels(tx, market, wanted);
    const slotsOf = (id: string) =>
      candidates.find(({ listingId }) => listingId === id)?.pools.map(({ slot }) => slot);
    expect(candidates.map(({ listingId }) => listingId)).toEqual(locked.map(({ listingId }) => listingId));
    expect(slotsOf("doctor")).toEqual(["large", "over"]);
    expect(slotsOf("tool-3")).toEqual([]);
  });
});

/** A doctor with a slot that is over and two to come. */
async function insertCalendar(tx: Tx): Promise<void> {
  const slots = [
    { id: "over", start: hour(0), end: hour(1), units: 3 },
    { id: "small", start: hour(later), end: hour(later + 1), units: 1 },
    { id: "large", start: hour(later + 1), end: hour(later + 2), units: 2 },
  ];
  const empty = levelOf({ listingId: "doctor", catalogUnits: 0 });
  const defined = defineSlots(empty, "", slots, { replace: true, marketTime: hour(0), now: hour(0) });
  if (!defined.ok) throw new Error(defined.reason);
  const { level } = defined;
  await insertLevels(tx, market, [empty]);
  await saveStock(tx, market, level);
  const pools = level.pools.map((pool) => ({ listingId: "doctor", pool }));
  await savePools(tx, market, pools);
}
