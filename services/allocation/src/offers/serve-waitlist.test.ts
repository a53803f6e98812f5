import { openDatabase } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { testPlan } from "../../test/in-process.ts";
import { until } from "../../test/start-allocation.ts";
import { Signals } from "../rounds/signals.ts";
import { insertLevels } from "../storage/capacity-store.ts";
import { savePlan } from "../storage/plan-store.ts";
import { insertEntry, readEntry } from "../storage/waitlist-store.ts";
import { openTestDatabase } from "../testing/database.ts";
import { levelOf } from "../testing/levels.ts";
import { serveWaitlists } from "./serve-waitlist.ts";

const market = "bazaar";

test("an entry that cannot be served keeps nobody behind it waiting, and is told once", async () => {
  await using opened = await openTestDatabase();
  const { database, url } = opened;
  const supplies = ["s0", "s1", "s2"];
  await database.background(async (tx) => {
    const levels = supplies.map((listingId) => levelOf({ listingId }));
    await insertLevels(tx, market, [
      levelOf({ listingId: "job", side: "DEMAND", catalogUnits: 3 }),
      ...levels,
    ]);
    await savePlan(tx, market, "p", 1, testPlan);
    for (const [n, waitingListing] of supplies.entries()) {
      const from = { listing: "job", waitingListing, side: "SUPPLY", party: "", plan: "p" } as const;
      const entry = { ...from, id: `e${n}`, score: 9 - n, state: "WAITING", offer: "", version: 1 } as const;
      await insertEntry(tx, market, { ...entry, createTime: new Date(0) });
    }
  });
  const owner = await openDatabase({ url, backgroundUrl: url });
  await owner.background(async (tx) => {
    await tx.execute(sql`create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'poison'; end $$`);
    await tx.execute(sql`create trigger poison before update on waitlist_entries for each row
      when (new.id = 'e0') execute function refuse()`);
  });
  await owner.close();
  const told: unknown[] = [];
  const log = { error: (...all: unknown[]) => told.push(all) } as never;
  const deps = { database, signals: new Signals(), log, uuid: () => "u", faultPoint: () => {} };
  const ended = new AbortController();
  const running = serveWaitlists(deps, ended.signal);
  const stateOf = async (id: string) => (await database.background((tx) => readEntry(tx, market, id)))?.state;
  await until(async () => (await stateOf("e1")) === "SERVED" && (await stateOf("e2")) === "SERVED");
  expect(await stateOf("e0")).toBe("WAITING");
  ended.abort();
  await running;
  expect(told).toHaveLength(1);
});
