import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { removeOnce } from "../src/remove-ended-runs.ts";
import { takeRemoving } from "../src/storage/retention-store.ts";
import type { FulfillmentTelemetry } from "../src/telemetry.ts";
import { delivery } from "./definitions.ts";
import { beginMs, committed } from "./neighbours.ts";
import { type App, type FulfillmentClient, refusalOf, startFulfillment, until } from "./start-fulfillment.ts";

let app: App;
beforeAll(async () => {
  app = await startFulfillment();
});
afterAll(() => app[Symbol.asyncDispose]());

const dayMs = 86_400_000;
const keptMs = 400 * dayMs;
const marketTime = timestampFromMs(beginMs);

const removed = vi.fn();
const telemetry = { removed } as unknown as FulfillmentTelemetry;
const remove = () => removeOnce(app.database, telemetry, keptMs);

const tables = ["run_states", "run_history", "run_stages", "run_interests", "tasks", "pending_calls"];

async function rowsOf(run: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of tables) {
    const [row] = await app.database.background((tx) =>
      tx.execute<{ n: string }>(sql`select count(*) as n from ${sql.identifier(table)} where run = ${run}`),
    );
    counts[table] = Number(row!.n);
  }
  return counts;
}

/** As if its end, and the facts about it, were so long ago. */
const backdate = (run: string, days: number) =>
  app.database.background((tx) =>
    tx.execute(sql`update runs set close_time = now() - ${days} * interval '1 day' where id = ${run}`),
  );

const tell = (market: string, id: string, version: number, daysAgo: number) =>
  app.world.tellAged({ ...committed(market, id), version }, daysAgo);

async function endedRun(staff: FulfillmentClient, market: string, id: string): Promise<string> {
  const parent = `markets/${market}`;
  await app.world.tell(committed(market, id));
  const task = await until(async () => {
    const { tasks } = await staff.listTasks({ parent });
    return tasks.find(({ run }) => run.endsWith(`/delivery-${id}`));
  });
  await staff.completeTask({ name: task.name, marketTime });
  return task.run;
}

test("an ended run goes with all that is its own when its time is over, and no fact of its time begins it again", async () => {
  const staff = await app.market("gone");
  const parent = "markets/gone";
  await staff.createWorkflow({ parent, workflow: { source: delivery } });
  const old = await endedRun(staff, "gone", "old");
  const young = await endedRun(staff, "gone", "young");
  await app.world.tell(committed("gone", "open"));
  await until(async () => (await staff.listRuns({ parent })).runs.length === 3);
  await backdate("delivery-old", 401);
  await backdate("delivery-young", 399);
  expect(Object.values(await rowsOf("delivery-old")).some((count) => count > 0)).toBe(true);
  expect(await remove()).toBe(false);
  expect(await refusalOf(staff.getRun({ name: old }))).toBe("NOT_FOUND RUN_NOT_FOUND");
  expect(Object.values(await rowsOf("delivery-old"))).toEqual(tables.map(() => 0));
  expect((await staff.getRun({ name: young })).run?.output).toEqual({ outcome: "delivered" });

  await tell("gone", "old", 2, 401);
  await tell("gone", "other", 1, 401);
  await app.world.tell(committed("gone", "after"));
  await until(async () =>
    (await staff.listRuns({ parent })).runs.some(({ name }) => name.endsWith("-after")),
  );
  expect((await staff.listRuns({ parent })).runs.map(({ name }) => name)).toEqual(
    ["after", "open", "young"].map((id) => `${parent}/runs/delivery-${id}`),
  );
  await tell("gone", "old", 3, 1);
  await until(async () => (await staff.listRuns({ parent })).runs.length === 4);
});

test("runs that an earlier release ended count from when that is noticed", async () => {
  const staff = await app.market("unclosed");
  await staff.createWorkflow({ parent: "markets/unclosed", workflow: { source: delivery } });
  const run = await endedRun(staff, "unclosed", "one");
  await app.database.background((tx) =>
    tx.execute(sql`update runs set close_time = null, end_time = now() - interval '900 days'
      where market = 'unclosed'`),
  );
  await remove();
  const [row] = await app.database.background((tx) =>
    tx.execute<{ recent: boolean }>(
      sql`select close_time > now() - interval '1 hour' as recent from runs where market = 'unclosed'`,
    ),
  );
  expect(row?.recent).toBe(true);
  expect((await staff.getRun({ name: run })).run?.output).toEqual({ outcome: "delivered" });
});

test("one replica removes at a time, and a run that has not ended is never taken", async () => {
  const staff = await app.market("turns");
  await staff.createWorkflow({ parent: "markets/turns", workflow: { source: delivery } });
  await endedRun(staff, "turns", "one");
  await backdate("delivery-one", 500);
  await app.database.background(async (tx) => {
    expect(await takeRemoving(tx)).toBe(true);
    removed.mockClear();
    await remove();
    expect(removed).toHaveBeenCalledWith(0);
  });
  await app.world.tell(committed("turns", "open"));
  await until(async () => (await staff.listRuns({ parent: "markets/turns" })).runs.length === 2);
  await remove();
  expect((await staff.listRuns({ parent: "markets/turns" })).runs.map(({ name }) => name)).toEqual([
    "markets/turns/runs/delivery-open",
  ]);
});
