import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { openTestDatabase, staffOf } from "../testing/database.ts";
import { holdClock, lockClockToCreate, saveClock } from "./clock-store.ts";

const market = "bazaar";
const staff = staffOf(market);

test("whoever creates a clock waits for those who hold by the database's, and they for it", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  const order: string[] = [];
  const held = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const holding = database.transaction(staff, async (tx) => {
    await holdClock(tx, market);
    held.resolve();
    await mayEnd.promise;
    order.push("held");
  });
  await held.promise;
  const creating = database.transaction(staff, async (tx) => {
    const clock = await lockClockToCreate(tx, market);
    order.push("created");
    await saveClock(tx, market, "SANDBOX", new Date(0), clock.version + 1);
  });
  await waiting(opened, 1);
  const after = database.transaction(staff, (tx) => holdClock(tx, market));
  await waiting(opened, 2);
  mayEnd.resolve();
  await Promise.all([holding, creating]);
  expect(order).toEqual(["held", "created"]);
  expect(await after).toMatchObject({ mode: "SANDBOX", version: 1 });
});

test("of clocks that are created at once one stays, and all see it", async () => {
  await using opened = await openTestDatabase();
  const versions = await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      opened.database.transaction(staff, async (tx) => {
        const clock = await lockClockToCreate(tx, market);
        if (clock.version === 0) await saveClock(tx, market, "SANDBOX", new Date(n), 1);
        return clock.version;
      }),
    ),
  );
  expect(versions.filter((version) => version === 0)).toHaveLength(1);
});

/** Until so many transactions wait for a lock. */
async function waiting({ database }: Awaited<ReturnType<typeof openTestDatabase>>, count: number) {
  for (let known = 0; known < count; ) {
    const rows = await database.background((tx) =>
      tx.execute(sql`select 1 from pg_locks l join pg_database d on d.oid = l.database
        where l.locktype = 'advisory' and not l.granted and d.datname = current_database()`),
    );
    known = rows.length;
  }
}
