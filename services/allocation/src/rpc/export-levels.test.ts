import { ConnectError } from "@connectrpc/connect";
import type { Database } from "@marketmesh/postgres";
import { reasonOf } from "@marketmesh/rpc";
import { expect, test } from "vitest";
import { defineSlots } from "../domain/slots.ts";
import { insertLevels, listLevels, saveStock } from "../storage/capacity-store.ts";
import { savePools } from "../storage/pool-store.ts";
import { openTestDatabase, staffOf } from "../testing/database.ts";
import { levelOf } from "../testing/levels.ts";
import { exportParts } from "./export-levels.ts";

const market = "bazaar";
const staff = staffOf(market);
const never = new AbortController().signal;

function seed(database: Database) {
  return database.transaction(staff, (tx) => insertLevels(tx, market, [levelOf({ listingId: "s" })]));
}

async function refusalOf(call: Promise<unknown>): Promise<string | undefined> {
  return call.then(
    () => undefined,
    (error) => reasonOf(ConnectError.from(error)),
  );
}

test("four exports run at once; the next is refused until one ends", async () => {
  await using opened = await openTestDatabase();
  await seed(opened.database);
  const begin = () => exportParts(opened.database, staff, market, never);
  const exports = Array.from({ length: 4 }, begin);
  for (const parts of exports) expect((await parts.next()).done).toBe(false);
  expect(await refusalOf(begin().next())).toBe("OVERLOADED");
  for (const parts of exports) await parts.return(undefined);
  await nextBegins(begin);
});

test("an export whose reader takes nothing is given up and leaves its place to others", async () => {
  await using opened = await openTestDatabase();
  await seed(opened.database);
  const begin = () => exportParts(opened.database, staff, market, never, 1);
  const exports = Array.from({ length: 4 }, begin);
  for (const parts of exports) await parts.next();
  await nextBegins(begin);
  const refusals = await Promise.all(exports.map((parts) => refusalOf(parts.next())));
  expect(refusals).toContain("DEADLINE_EXCEEDED");
  for (const parts of exports) await parts.return(undefined);
});

test("levels with calendars go in smaller parts, none twice and none left out", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  const ids = Array.from({ length: 12 }, (_, n) => `s${10 + n}`);
  const hour = (n: number) => new Date(Date.parse("2100-01-01T00:00:00Z") + n * 3_600_000);
  const slots = Array.from({ length: 1_000 }, (_, n) => ({
    id: `t${n}`,
    start: hour(n),
    end: hour(n + 1),
    units: 1,
  }));
  await database.transaction(staff, async (tx) => {
    const levels = ids.map((listingId) => levelOf({ listingId, catalogUnits: 0 }));
    await insertLevels(tx, market, levels);
    for (const level of levels) {
      const times = { replace: true, marketTime: hour(0), now: hour(0) };
      const defined = defineSlots(level, "", slots, times);
      if (!defined.ok) throw new Error(defined.reason);
      await saveStock(tx, market, defined.level);
      const { listingId, pools } = defined.level;
      await savePools(
        tx,
        market,
        pools.map((pool) => ({ listingId, pool })),
      );
    }
  });
  const parts: [string, number][][] = [];
  for await (const { capacityLevels = [] } of exportParts(database, staff, market, never))
    parts.push(capacityLevels.map(({ listing = "", pools = [] }) => [listing, pools.length]));
  expect(parts.map((levels) => levels.length)).toEqual([0, 5, 5, 2]);
  expect(parts.flat()).toEqual(ids.map((id) => [`markets/${market}/listings/${id}`, 1_000]));
  const [first] = await database.transaction(staff, (tx) => listLevels(tx, market, "", 1));
  expect(first).toMatchObject({ onHand: 1_000, poolCount: 1_000, pools: [] });
});

async function nextBegins(begin: () => ReturnType<typeof exportParts>): Promise<void> {
  for (;;) {
    const parts = begin();
    const refusal = await refusalOf(parts.next());
    await parts.return(undefined);
    if (refusal !== "OVERLOADED") return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
