import type { Database } from "@marketmesh/postgres";
import { uuidv7 } from "@marketmesh/service-host";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { insertEntry, listEntries, saveEntry } from "../storage/waitlist-store.ts";
import { openTestDatabase, staffOf } from "../testing/database.ts";
import { firstIdAt, timeOfId } from "./log-entry.ts";
import { appendToLog, listLoggedRounds, readLog, readLogOfRound } from "./log-store.ts";
import { removeOnce } from "./retention.ts";
import { dropMonths, makeMonths, takeRemoving } from "./retention-store.ts";
import { readSettings, saveSettings } from "./settings-store.ts";

const dayMs = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * dayMs);

/** An id that was made then; each call another. */
let made = 0;
function idOf(days: number): string {
  made += 1;
  return firstIdAt(daysAgo(days)) + uuidv7().slice(15, 24) + String(made).padStart(12, "0");
}

async function log(database: Database, market: string, days: number, round = ""): Promise<string> {
  const id = idOf(days);
  await database.transaction(staffOf(market), async (tx) => {
    await appendToLog(tx, market, {
      ...{ id, round, plan: "p", planVersion: 1, policyVersion: 1, demandModelVersion: 1 },
      ...{ supplyModelVersion: 0, statisticsVersion: 0, decisionTime: daysAgo(days), strategy: "GREEDY" },
      ...{ release: "0.0.0 test", demandCount: 1, pairCount: 0, resultHash: "", proof: undefined },
      content: new Uint8Array([1]),
    });
    await tx.execute(sql`
      insert into decisions (market, bucket, id, demand, plan, round, plan_version, policy_version, demand_model_version,
        supply_model_version, statistics_version, demand_version, feed_seq, decision_time, open_units, result, create_time, log)
      values (${market}, marketmesh.bucket_of(${id}), ${id}, 'd', 'p', ${round}, 1, 1, 1, 0, 0, 1, 1, now(), 1, 'OUTRANKED',
        now(), ${id})`);
  });
  return id;
}

async function count(database: Database, table: string, market: string): Promise<number> {
  const [row] = await database.background((tx) =>
    tx.execute<{ n: string }>(
      sql`select count(*) as n from ${sql.identifier(table)} where market = ${market}`,
    ),
  );
  return Number(row!.n);
}

async function months(database: Database): Promise<string[]> {
  const rows = await database.background((tx) =>
    tx.execute<{ name: string }>(sql`select inhrelid::regclass::text as name from pg_inherits
      where inhparent = 'decision_log'::regclass order by 1`),
  );
  return rows.map(({ name }) => name);
}

const monthOf = (time: Date) => `decision_log_${time.toISOString().slice(0, 7).replace("-", "_")}`;

test("each market keeps its decisions for as long as it says, others for 400 days", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await database.transaction(staffOf("short"), (tx) => saveSettings(tx, "short", 30, 0));
  await database.transaction(staffOf("long"), (tx) => saveSettings(tx, "long", 900, 0));
  const kept: Record<string, string[]> = {};
  for (const market of ["short", "usual", "long"]) {
    const ids = [];
    for (const days of [29, 31, 399, 401, 899, 901]) ids.push(await log(database, market, days));
    kept[market] = ids;
  }
  const removed: number[] = [];
  await removeOnce(database, (rows) => removed.push(rows), undefined, 2);
  for (const [market, expected] of [
    ["short", 1],
    ["usual", 3],
    ["long", 5],
  ] as const) {
    expect([market, await count(database, "decisions", market)]).toEqual([market, expected]);
    const left = await database.transaction(staffOf(market), (tx) => readLog(tx, market, kept[market]!));
    expect(left.map(({ id }) => id).sort()).toEqual(kept[market]!.slice(0, expected).sort());
  }
  // In batches of two.
  expect(Math.max(...removed)).toBe(2);
  expect(await count(database, "decision_log", "usual")).toBe(3);
});

test("months are made ahead, rows that came before their month move into it, and whole months are dropped", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  const now = new Date();
  const ahead = [0, 1, 2, 3].map((n) =>
    monthOf(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + n, 15))),
  );
  expect(await months(database)).toEqual(["decision_log_default", ...ahead].sort());
  const id = await log(database, "m", 300);
  const old = await log(database, "m", 500);
  const partOf = async (of: string) => {
    const rows = await database.background((tx) =>
      tx.execute<{ part: string }>(
        sql`select tableoid::regclass::text as part from decision_log where id = ${of}`,
      ),
    );
    return rows[0]?.part;
  };
  expect(await partOf(id)).toBe("decision_log_default");
  expect(await database.background(makeMonths)).toBe(2);
  expect(await database.background(makeMonths)).toBe(0);
  expect(await partOf(id)).toBe(monthOf(daysAgo(300)));
  const all = await months(database);
  expect(all).toContain(monthOf(daysAgo(500)));
  // While one market keeps it, the month stays.
  await database.transaction(staffOf("long"), (tx) => saveSettings(tx, "long", 600, 0));
  expect(await database.background(dropMonths)).toBe(0);
  await database.transaction(staffOf("long"), (tx) => saveSettings(tx, "long", 400, 1));
  expect(await database.background(dropMonths)).toBe(1);
  expect(await months(database)).toEqual(all.filter((month) => month !== monthOf(daysAgo(500))));
  expect(await partOf(old)).toBeUndefined();
});

test("what ended rounds chose from goes with them, their rows stay; a round that is under way keeps it", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await database.background((tx) =>
    tx.execute(sql`
      insert into rounds (market, bucket, id, plan, plan_version, state, revisions, create_time, update_time)
      select 'm', marketmesh.bucket_of(id), id, 'p', 1, state, '{}', now() - days * interval '1 day', now()
      from (values ('old', 'SETTLED', 401), ('young', 'SETTLED', 399), ('open', 'AWAITING_APPROVAL', 401)) r (id, state, days)`),
  );
  await database.background((tx) =>
    tx.execute(sql`
      insert into round_graphs (market, bucket, round, content) select market, bucket, id, '' from rounds`),
  );
  await database.background((tx) =>
    tx.execute(sql`
      insert into round_snapshots (market, bucket, round, side, content)
      select market, bucket, id, side, '' from rounds, (values ('SUPPLY'), ('DEMAND')) s (side)`),
  );
  await removeOnce(database, undefined, undefined, 1);
  for (const [table, rows] of [
    ["rounds", 3],
    ["round_graphs", 2],
    ["round_snapshots", 4],
  ] as const) {
    expect([table, await count(database, table, "m")]).toEqual([table, rows]);
  }
});

test("one replica removes at a time", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await log(database, "m", 500);
  await database.background(async (tx) => {
    expect(await takeRemoving(tx)).toBe(true);
    await removeOnce(database);
  });
  expect(await count(database, "decisions", "m")).toBe(1);
  await removeOnce(database);
  expect(await count(database, "decisions", "m")).toBe(0);
});

test("settings are 400 days until somebody says otherwise, and nobody overwrites what was not read", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  const inMarket = database.transaction.bind(database, staffOf("m"));
  expect(await inMarket((tx) => readSettings(tx, "m"))).toMatchObject({ keptDays: 400, version: 0 });
  expect(await inMarket((tx) => saveSettings(tx, "m", 30, 0))).toMatchObject({ keptDays: 30, version: 1 });
  expect(await inMarket((tx) => saveSettings(tx, "m", 31, 0))).toBeUndefined();
  for (const days of [29, 3_651])
    await expect(inMarket((tx) => saveSettings(tx, "m", days, 1))).rejects.toThrow();
  expect(await inMarket((tx) => readSettings(tx, "m"))).toMatchObject({ keptDays: 30, version: 1 });
});

test("rounds are found by their plan, latest first, and each by its name", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  for (const [at, round] of ["r1", "", "r2", "r3"].entries()) await log(database, "m", 9 - at, round);
  const inMarket = database.transaction.bind(database, staffOf("m"));
  expect(await inMarket((tx) => listLoggedRounds(tx, "m", "p", 2))).toEqual(["r3", "r2"]);
  expect(await inMarket((tx) => listLoggedRounds(tx, "m", "other", 2))).toEqual([]);
  expect(await inMarket((tx) => readLogOfRound(tx, "m", "r2"))).toMatchObject({
    round: "r2",
    strategy: "GREEDY",
  });
  expect(await inMarket((tx) => readLogOfRound(tx, "m", ""))).toBeUndefined();
});

test("an id tells its time", () => {
  const id = uuidv7(1_700_000_000_123);
  const time = timeOfId(id)!;
  expect(id >= firstIdAt(time)).toBe(true);
  expect(id < firstIdAt(new Date(time.getTime() + 1))).toBe(true);
  expect(timeOfId("id-000000001")).toBeUndefined();
});

test("who waits no more goes when the market's decisions of that time go; who waits stays", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await database.transaction(staffOf("short"), (tx) => saveSettings(tx, "short", 30, 0));
  const states = ["WAITING", "SERVED", "LEFT"] as const;
  for (const market of ["short", "usual"]) {
    await database.background(async (tx) => {
      for (const days of [29, 31, 401])
        for (const state of states) {
          const id = `${state}-${days}`;
          const who = {
            listing: `full-${days}`,
            waitingListing: id,
            side: "SUPPLY",
            party: "",
            plan: "p",
          } as const;
          const entry = { ...who, id, score: 1, state, offer: "", createTime: new Date(0), version: 1 };
          await insertEntry(tx, market, { ...entry, state: "WAITING" });
          await saveEntry(tx, market, { ...entry, version: 2 });
          await tx.execute(sql`update waitlist_entries set end_time = end_time - make_interval(days => ${days})
            where market = ${market} and id = ${id}`);
        }
    });
  }
  await removeOnce(database, undefined, undefined, 1);
  const left = async (market: string) => {
    const entries = await database.background((tx) =>
      listEntries(tx, market, { listing: undefined, waitingOnly: false }, "", 100),
    );
    return entries.map(({ id }) => id);
  };
  const waiting = ["WAITING-29", "WAITING-31", "WAITING-401"];
  expect(await left("short")).toEqual(["LEFT-29", "SERVED-29", ...waiting]);
  expect(await left("usual")).toEqual(["LEFT-29", "LEFT-31", "SERVED-29", "SERVED-31", ...waiting]);
});
