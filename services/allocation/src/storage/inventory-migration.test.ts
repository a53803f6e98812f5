import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { eventMigrations } from "@marketmesh/events";
import { migrate, openDatabase, type Tx } from "@marketmesh/postgres";
import { createTestDatabase } from "@marketmesh/testkit/servers";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { brokenCapacity } from "../testing/audit.ts";
import { staffOf } from "../testing/database.ts";
import { listCapacityChanges } from "./capacity-change-store.ts";
import { readLevels } from "./capacity-store.ts";
import { readHolds } from "./hold-store.ts";

const all = new URL("../../migrations/", import.meta.url);
const roles = { appRole: "mm_allocation_app", backgroundRole: "mm_allocation_background" };
const market = "bazaar";

/** The migrations of the release before inventory. */
let before: string;
beforeAll(() => {
  before = mkdtempSync(join(tmpdir(), "marketmesh-migrations-"));
  for (const file of readdirSync(all).filter((name) => name < "0009"))
    cpSync(new URL(file, all), join(before, file));
});
afterAll(() => rmSync(before, { recursive: true }));

// As 0.3.0 writes them.
async function insertAsBefore(tx: Tx, id: string, side: string): Promise<void> {
  await tx.execute(sql`
    insert into capacity_levels (market, bucket, listing_id, kind, side, ordinal, ordinal_epoch, owner_party, open,
      unlimited, catalog_units, adjustment, on_hand, held, allocated, exclusive_group, groups, listing_version, version,
      update_time)
    values (${market}, marketmesh.bucket_of(${id}), ${id}, 'k', ${side}, 0, 1, '', true, false, 3, 0, 3, 0, 0, '',
      '{}', 1, 1, now())`);
  await tx.execute(sql`
    insert into capacity_changes (market, bucket, listing_id, version, delta, on_hand, reason, principal, create_time)
    values (${market}, marketmesh.bucket_of(${id}), ${id}, 1, 3, 3, 'CATALOG', '', now())`);
}

async function holdAsBefore(tx: Tx, id: string, demand: string, supply: string): Promise<void> {
  await tx.execute(sql`
    insert into holds (market, bucket, id, demand, supply, units, state, group_value, demand_owner, supply_owner, score,
      supply_score, plan, round, decision, offered, expire_time, create_time, settle_time, version)
    values (${market}, marketmesh.bucket_of(${id}), ${id}, ${demand}, ${supply}, 2, 'HELD', null, '', '', 0, 0, '', '',
      '', false, now() + interval '1 hour', now(), null, 1)`);
  await tx.execute(sql`
    update capacity_levels set held = held + 2, version = version + 1 where listing_id in (${demand}, ${supply})`);
}

test("rows of the release before stay true, and its statements go on over the new schema", async () => {
  await using created = await createTestDatabase({ service: "allocation" });
  const older = { namespace: "allocation", directory: pathToFileURL(`${before}/`) };
  await migrate(created.migratorUrl, [eventMigrations, older], roles);
  const database = await openDatabase({ url: created.appUrl, backgroundUrl: created.backgroundUrl });
  try {
    await database.transaction(staffOf(market), async (tx) => {
      await insertAsBefore(tx, "d", "DEMAND");
      await insertAsBefore(tx, "s", "SUPPLY");
      await holdAsBefore(tx, "h1", "d", "s");
    });
    await migrate(created.migratorUrl, [eventMigrations, { ...older, directory: all }], roles);
    await database.transaction(staffOf(market), async (tx) => {
      await insertAsBefore(tx, "e", "DEMAND");
      await insertAsBefore(tx, "t", "SUPPLY");
      await holdAsBefore(tx, "h2", "e", "t");
      const levels = await readLevels(tx, market, ["s", "t"]);
      expect(levels).toMatchObject([
        { held: 2, onHand: 3, pools: [], poolCount: 0 },
        { held: 2, onHand: 3, pools: [], poolCount: 0 },
      ]);
      const holds = await readHolds(tx, market, ["h1", "h2"]);
      expect(holds.map(({ place, bundle, demandUnits }) => [place, bundle, demandUnits])).toEqual([
        [undefined, undefined, undefined],
        [undefined, undefined, undefined],
      ]);
      const [change] = await listCapacityChanges(tx, market, "t", 10, 1);
      expect(change).toMatchObject({ kind: "CATALOG", moves: [{ location: "", slot: "", delta: 3 }] });
    });
    const broken = await database.background((tx) => brokenCapacity(tx));
    expect(broken.filter((rule) => !rule.includes("announced"))).toEqual([]);
  } finally {
    await database.close();
  }
});

test("the database itself refuses what would oversell a place", async () => {
  await using created = await createTestDatabase({ service: "allocation" });
  await migrate(created.migratorUrl, [eventMigrations, { namespace: "allocation", directory: all }], roles);
  const database = await openDatabase({ url: created.appUrl, backgroundUrl: created.backgroundUrl });
  try {
    await database.transaction(staffOf(market), (tx) => insertAsBefore(tx, "s", "SUPPLY"));
    const refused = (statement: ReturnType<typeof sql>) =>
      expect(database.transaction(staffOf(market), (tx) => tx.execute(statement))).rejects.toMatchObject({
        code: "23514",
      });
    const pool = (held: number) => sql`
      insert into capacity_pools (market, bucket, listing_id, location, slot, on_hand, held)
      values (${market}, marketmesh.bucket_of('s'), 's', 'north', '', 1, ${held})`;
    await refused(pool(2));
    await refused(sql`update capacity_levels set pool_count = 1, pooled_on_hand = 2, held = 2`);
    await refused(sql`update capacity_levels set pool_count = 1, pooled_on_hand = 1, pooled_held = 1`);
    await database.transaction(staffOf(market), (tx) => tx.execute(pool(1)));
    // A process of 0.3.0 would leave what it settles claimed in the pool.
    await database.transaction(staffOf(market), async (tx) => {
      await insertAsBefore(tx, "d", "DEMAND");
      await holdAsBefore(tx, "h", "d", "s");
      await tx.execute(sql`update holds set location = 'north', slot = ''`);
    });
    await refused(sql`update holds set state = 'RELEASED', settle_time = now(), version = 2`);
  } finally {
    await database.close();
  }
});
