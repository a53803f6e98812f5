import { randomUUID } from "node:crypto";
import type { Database } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { Signals } from "../rounds/signals.ts";
import { insertLevels } from "../storage/capacity-store.ts";
import { openTestDatabase, staffOf } from "../testing/database.ts";
import { levelOf } from "../testing/levels.ts";
import { createHolds } from "./create-holds.ts";
import { expireHolds } from "./expire-holds.ts";
import { ExpiryAlarm } from "./expiry-alarm.ts";

const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log } as never;
/** Nobody looks by the clock: what is due is found because it is known to be. */
const pollMs = 60_000;

/** Due in so many milliseconds, or later: on a busy machine that time may be over before the holds are made. */
async function hold(database: Database, market: string, count: number, dueInMs: number): Promise<Date> {
  const listings = [
    levelOf({ listingId: "supply", catalogUnits: count }),
    levelOf({ listingId: "demand", side: "DEMAND", catalogUnits: count }),
  ];
  await database.background((tx) => insertLevels(tx, market, listings));
  for (let ms = dueInMs; ; ms *= 4) {
    const expireTime = new Date(Date.now() + ms);
    const asked = Array.from({ length: count }, () => ({
      ...{ id: randomUUID(), demand: "demand", supply: "supply", units: 1 },
      ...{ expireTime, party: undefined },
    }));
    const made = await database.transaction(staffOf(market), (tx) => createHolds(tx, market, asked));
    const refused = made.find((outcome) => !outcome.ok);
    if (!refused) return expireTime;
    expect(refused).toMatchObject({ reason: "EXPIRE_TIME_PAST" });
  }
}

async function heldIn(database: Database, market: string): Promise<number> {
  const [row] = await database.background((tx) =>
    tx.execute<{ held: string }>(
      sql`select held from capacity_levels where market = ${market} and listing_id = 'supply'`,
    ),
  );
  return Number(row!.held);
}

async function until(fact: () => Promise<boolean>): Promise<void> {
  while (!(await fact())) await new Promise((resolve) => setImmediate(resolve));
}

test("what became due while nobody was there is given back at once, and a backlog keeps no other market waiting", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  const bigDue = await hold(database, "big", 1_200, 300);
  const due = await hold(database, "small", 1, Math.max(300, bigDue.getTime() - Date.now() + 1));
  await until(async () => Date.now() > due.getTime() + 100);
  const ended = new AbortController();
  const deps = { database, signals: new Signals(), alarm: new ExpiryAlarm(), log, pollMs };
  const running = expireHolds(deps, ended.signal);
  await until(async () => (await heldIn(database, "big")) + (await heldIn(database, "small")) === 0);
  ended.abort();
  await running;
  // In the order in which they ended: a batch of the large market at most stands before the small one.
  const facts = await database.background((tx) =>
    tx.execute<{ market: string }>(
      sql`select market from marketmesh.outbox where fact_type like '%HoldExpired' order by id`,
    ),
  );
  expect(facts.length).toBe(1_201);
  expect(facts.findIndex(({ market }) => market === "small")).toBeLessThanOrEqual(500);
});

test("the next hold that is due wakes what ends it, also one that comes sooner than the others", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  await hold(database, "later", 1, 3_600_000);
  const alarm = new ExpiryAlarm();
  const ended = new AbortController();
  const running = expireHolds({ database, signals: new Signals(), alarm, log, pollMs }, ended.signal);
  const due = await hold(database, "soon", 1, 400);
  // The loop may have planned before this one was there.
  alarm.comes(due);
  await until(async () => (await heldIn(database, "soon")) === 0);
  expect(await heldIn(database, "later")).toBe(1);
  ended.abort();
  await running;
});

test("a hold that cannot be ended keeps no other from it, and is told once", async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  const due = await hold(database, "ill", 40, 300);
  // An offer that is not there: whoever ends the hold fails.
  await database.background((tx) =>
    tx.execute(sql`update holds set offered = true where id = (select id from holds order by id limit 1)`),
  );
  await until(async () => Date.now() > due.getTime() + 100);
  const told: unknown[] = [];
  const telling = { ...(log as object), error: (...all: unknown[]) => told.push(all) } as never;
  const ended = new AbortController();
  const deps = { database, signals: new Signals(), alarm: new ExpiryAlarm(), log: telling, pollMs: 10 };
  const running = expireHolds(deps, ended.signal);
  await until(async () => (await heldIn(database, "ill")) === 1);
  // It is tried again, and others go on meanwhile.
  const later = await hold(database, "well", 1, 1_200);
  await until(async () => (await heldIn(database, "well")) === 0);
  expect(Date.now()).toBeGreaterThanOrEqual(later.getTime());
  ended.abort();
  await running;
  expect(told).toHaveLength(1);
});
