import type { Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { openTestDatabase, staffOf } from "../testing/database.ts";
import { levelOf } from "../testing/levels.ts";
import { insertLevels, lockLevels, readTakenOrdinals, saveClaims } from "./capacity-store.ts";

const market = "bazaar";

test("taken ordinals are those of the kind's newest epoch", async () => {
  await using opened = await openTestDatabase();
  const taken = { held: 1 };
  const levels = [
    levelOf({ listingId: "old", ordinal: 7, ordinalEpoch: 1, ...taken }),
    levelOf({ listingId: "new", ordinal: 3, ordinalEpoch: 2, ...taken }),
    levelOf({ listingId: "free", ordinal: 4, ordinalEpoch: 2 }),
  ];
  const read = () =>
    opened.database.transaction(staffOf(market), (tx) => readTakenOrdinals(tx, market, "tool"));
  expect(await read()).toEqual({ epoch: 0, ordinals: [] });
  await opened.database.transaction(staffOf(market), (tx) => insertLevels(tx, market, levels));
  expect(await read()).toEqual({ epoch: 2, ordinals: [3] });
});

test("levels are locked as they are once those before have let go", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  const ids = ["a", "b", "c", "d"];
  const begun = Promise.withResolvers<void>();
  const enough = Promise.withResolvers<void>();
  await database.transaction(staffOf(market), (tx) =>
    insertLevels(
      tx,
      market,
      ids.map((listingId) => levelOf({ listingId, catalogUnits: 9 })),
    ),
  );
  const claim = async (tx: Tx, wanted: readonly string[]) => {
    const levels = await lockLevels(tx, market, wanted);
    await saveClaims(
      tx,
      market,
      levels.map((level) => ({ ...level, held: level.held + 1, version: level.version + 1 })),
    );
    return levels.map(({ listingId, held }) => [listingId, held]);
  };
  const first = database.transaction(staffOf(market), async (tx) => {
    const claimed = await claim(tx, ["c", "b", "nobody"]);
    begun.resolve();
    await enough.promise;
    return claimed;
  });
  await begun.promise;
  const second = database.transaction(staffOf(market), (tx) => claim(tx, ids));
  await untilSomebodyWaits(() => database.background((tx) => waitersOf(tx)));
  enough.resolve();
  expect(Object.fromEntries(await first)).toEqual({ b: 0, c: 0 });
  expect(Object.fromEntries(await second)).toEqual({ a: 0, b: 1, c: 1, d: 0 });
  const after = await database.transaction(staffOf(market), (tx) => claim(tx, ids));
  expect(Object.fromEntries(after)).toEqual({ a: 1, b: 2, c: 2, d: 1 });
});

test("levels are locked by their keys, however many there are", async () => {
  await using opened = await openTestDatabase();
  const levels = Array.from({ length: 2_000 }, (_, n) => levelOf({ listingId: `level-${n}`, ordinal: n }));
  await opened.database.background((tx) => insertLevels(tx, market, levels));
  await opened.database.transaction(staffOf(market), async (tx) => {
    const before = await rowsScanned(tx);
    const wanted = levels.slice(0, 1_500).map(({ listingId }) => listingId);
    expect(await lockLevels(tx, market, wanted)).toHaveLength(1_500);
    expect((await rowsScanned(tx)) - before).toBe(0);
  });
});

test("changed claims stay on their page, though all of it change in one transaction", async () => {
  await using opened = await openTestDatabase();
  const levels = Array.from({ length: 500 }, (_, n) => levelOf({ listingId: `level-${n}`, ordinal: n }));
  const ids = levels.map(({ listingId }) => listingId);
  await opened.database.background((tx) => insertLevels(tx, market, levels));
  await opened.database.background(async (tx) => {
    const locked = await lockLevels(tx, market, ids);
    const claimed = locked.map((level) => ({ ...level, held: 1, version: level.version + 1 }));
    await saveClaims(tx, market, claimed);
    expect(await rowsMoved(tx)).toBeLessThan(25);
  });
});

async function untilSomebodyWaits(waiters: () => Promise<number>): Promise<void> {
  while ((await waiters()) === 0) await new Promise((resolve) => setImmediate(resolve));
}

async function waitersOf(tx: Tx): Promise<number> {
  const [row] = await tx.execute<{ waiters: string }>(sql`
    select count(*) as waiters from pg_locks where not granted and (database is null
      or database = (select oid from pg_database where datname = current_database()))`);
  return Number(row?.waiters ?? 0);
}

/** By this session, as it counts them itself. */
async function rowsScanned(tx: Tx): Promise<number> {
  const [read] = await tx.execute<{ rows: string }>(sql`
    select seq_tup_read as rows from pg_stat_xact_user_tables where relname = 'capacity_levels'`);
  return Number(read?.rows ?? 0);
}

/** Rows that an update of this session wrote to another page or to an index. */
async function rowsMoved(tx: Tx): Promise<number> {
  const [written] = await tx.execute<{ rows: string }>(sql`
    select n_tup_upd - n_tup_hot_upd as rows from pg_stat_xact_user_tables where relname = 'capacity_levels'`);
  return Number(written?.rows ?? 0);
}
