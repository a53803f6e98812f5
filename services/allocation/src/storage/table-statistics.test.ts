import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { until } from "../../test/start-allocation.ts";
import { openTestDatabase, staffOf } from "../testing/database.ts";
import { levelOf } from "../testing/levels.ts";
import { insertLevels } from "./capacity-store.ts";
import { analyzeChanged } from "./table-statistics.ts";

test("a table that was loaded is analyzed once, and not again until as much has changed", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  const load = (side: "SUPPLY" | "DEMAND", count: number) => {
    const levels = Array.from({ length: count }, (_, ordinal) =>
      levelOf({ listingId: `${side}${ordinal}`, ordinal, side }),
    );
    return database.transaction(staffOf("bazaar"), (tx) => insertLevels(tx, "bazaar", levels));
  };
  await load("SUPPLY", 3_000);
  // What a backend changed is counted up to a second after.
  let analyzed = 0;
  await until(async () => {
    analyzed += await database.background(analyzeChanged);
    return analyzed > 0;
  });
  expect(analyzed).toBe(1);
  const [rows] = await database.background((tx) =>
    tx.execute<{ rows: number }>(
      sql`select reltuples::int as rows from pg_class where oid = 'capacity_levels'::regclass`,
    ),
  );
  expect(rows?.rows).toBe(3_000);
  await load("DEMAND", 1_000);
  expect(await database.background(analyzeChanged)).toBe(0);
});
