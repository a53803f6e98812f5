import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { Run_State, Task_State } from "@marketmesh/contracts/fulfillment/v1";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { claimToAsk } from "../src/storage/clock-store.ts";
import {
  arriving,
  endless,
  hurrying,
  impatient,
  listening,
  sleeping,
  tasking,
  waking,
} from "./definitions.ts";
import { beginMs } from "./neighbours.ts";
import { expectReplays } from "./replay.ts";
import { type App, startFulfillment, until } from "./start-fulfillment.ts";

let app: App;
beforeAll(async () => {
  app = await startFulfillment({ FULFILLMENT_RESTORE_EVERY_MS: "100" });
});
afterAll(async () => {
  expect(await expectReplays(app.database)).toBeGreaterThan(50);
  await app[Symbol.asyncDispose]();
});

const dayMs = 86_400_000;
const marketTime = timestampFromMs(beginMs);

test("a sandbox clock wakes what is due by it, and nothing else; a wait may last a year", async () => {
  const staff = await app.market("year");
  const parent = "markets/year";
  await staff.createWorkflow({ parent, workflow: { source: sleeping } });
  const run = { workflow: `${parent}/workflows/sleeping` };
  const days = Array.from({ length: 53 }, (_, n) => 1 + 7 * n);
  await Promise.all(
    days.map((day) =>
      staff.startRun({ parent, runId: `d${day}`, run: { ...run, input: { long: `P${day}D` } }, marketTime }),
    ),
  );
  const progress = async (time: number) =>
    until(async () => {
      const now = await staff.getMarketProgress({ parent });
      return now.marketTime && timestampMs(now.marketTime) >= time && now;
    });
  expect((await staff.getMarketProgress({ parent })).nextWakeTime).toEqual(timestampFromMs(beginMs + dayMs));
  const hundred = await progress(await app.world.advance("year", 100 * dayMs));
  expect(hundred).toMatchObject({ endedCount: 15n, waitingCount: 38n, dueCount: 0n });
  const year = await progress(await app.world.advance("year", 265 * dayMs));
  expect(year).toMatchObject({ endedCount: 53n, waitingCount: 0n });
  const last = (await staff.getRun({ name: `${parent}/runs/d365` })).run!;
  expect(last.output).toEqual({
    outcome: "rested",
    at: new Date(beginMs + 365 * dayMs).toISOString().replace(".000", ""),
  });
  const { summary } = await staff.getWorkflowSummary({ name: `${parent}/workflows/sleeping` });
  expect(Number(summary!.stages[0]!.durationP50Ms)).toBe(183 * dayMs);
});

test("a task whose time ran out ends before a later timer, though both are found at once", async () => {
  const staff = await app.market("both");
  const parent = "markets/both";
  await staff.createWorkflow({ parent, workflow: { source: tasking } });
  await staff.createWorkflow({ parent, workflow: { source: listening } });
  const input = { party: "" };
  const { run } = await staff.startRun({
    parent,
    run: { workflow: `${parent}/workflows/tasking`, input },
    marketTime,
  });
  const heard = await staff.startRun({
    parent,
    run: { workflow: `${parent}/workflows/listening` },
    marketTime,
  });
  await app.world.advance("both", dayMs);
  await until(async () => (await staff.getMarketProgress({ parent })).endedCount === 2n);
  expect((await staff.getRun({ name: run!.name })).run).toMatchObject({
    output: { outcome: "late" },
    endTime: timestampFromMs(beginMs + 7_200_000),
  });
  expect((await staff.getRun({ name: heard.run!.name })).run?.output).toEqual({ outcome: "silent" });
  const { tasks } = await staff.listTasks({ parent, state: Task_State.EXPIRED });
  expect(tasks).toMatchObject([{ run: run!.name, endTime: timestampFromMs(beginMs + 7_200_000) }]);
});

test("what a timer asks for is asked when the timer is due, however late the run is woken", async () => {
  const staff = await app.market("late");
  const parent = "markets/late";
  await staff.createWorkflow({ parent, workflow: { source: waking } });
  const { run } = await staff.startRun({
    parent,
    run: { workflow: `${parent}/workflows/waking` },
    marketTime,
  });
  await app.world.advance("late", 30 * dayMs);
  await until(async () => (await staff.getMarketProgress({ parent })).endedCount === 1n);
  expect((await staff.getRun({ name: run!.name })).run?.endTime).toEqual(
    timestampFromMs(beginMs + 2 * dayMs),
  );
  const { tasks } = await staff.listTasks({ parent, state: Task_State.EXPIRED });
  expect(tasks).toMatchObject([
    { createTime: timestampFromMs(beginMs + dayMs), endTime: timestampFromMs(beginMs + 2 * dayMs) },
  ]);
});

test("a task ends where its run goes on without it, unless nobody ever waited for its end", async () => {
  const staff = await app.market("left");
  const parent = "markets/left";
  await staff.createWorkflow({ parent, workflow: { source: arriving } });
  const started = await staff.startRun({
    parent,
    run: { workflow: `${parent}/workflows/arriving` },
    marketTime,
  });
  const { name } = started.run!;
  expect((await staff.listTasks({ parent })).tasks).toHaveLength(2);
  await staff.signalRun({ name, type: "arrived", marketTime });
  expect((await staff.listTasks({ parent })).tasks).toMatchObject([{ type: "tidy-up" }]);
  expect((await staff.listTasks({ parent, state: Task_State.CANCELLED })).tasks).toMatchObject([
    { type: "look-for-it", version: 2n, endTime: marketTime },
  ]);
  expect((await staff.getRun({ name })).run).toMatchObject({ state: Run_State.WAITING, stage: "rest" });
});

test("a task for which nobody waits any more when it is made is not made", async () => {
  const staff = await app.market("impatient");
  const parent = "markets/impatient";
  await staff.createWorkflow({ parent, workflow: { source: impatient } });
  const run = { workflow: `${parent}/workflows/impatient` };
  const started = await staff.startRun({ parent, run, marketTime });
  expect(started.run).toMatchObject({ state: Run_State.COMPLETED, output: { outcome: "impatient" } });
  expect((await staff.listTasks({ parent })).tasks).toEqual([]);
});

test("a definition without an end is cancelled", async () => {
  const staff = await app.market("endless");
  const parent = "markets/endless";
  await staff.createWorkflow({ parent, workflow: { source: endless } });
  const { run } = await staff.startRun({
    parent,
    run: { workflow: `${parent}/workflows/endless` },
    marketTime,
  });
  expect(run).toMatchObject({ state: Run_State.CANCELLED });
  expect((await staff.listTasks({ parent })).tasks).toEqual([]);
});

test("what is set in the sandbox's past is woken at once", async () => {
  const staff = await app.market("past");
  const parent = "markets/past";
  await staff.createWorkflow({ parent, workflow: { source: sleeping } });
  await staff.startRun({
    parent,
    runId: "first",
    run: { workflow: `${parent}/workflows/sleeping`, input: { long: "PT1M" } },
    marketTime,
  });
  const now = await app.world.advance("past", dayMs);
  await until(async () => timestampMs((await staff.getMarketProgress({ parent })).marketTime!) === now);
  const run = { workflow: `${parent}/workflows/sleeping`, input: { long: "PT1H" } };
  const { run: woken } = await staff.startRun({ parent, run, marketTime });
  expect(woken).toMatchObject({ state: Run_State.COMPLETED, endTime: timestampFromMs(beginMs + 3_600_000) });
});

test("while allocation is away, a market whose clock it may still make is real, and it is not asked at each call", async () => {
  const staff = await app.as({ principal: "markets/alone/serviceAccounts/staff", market: "alone" });
  const parent = "markets/alone";
  await staff.createWorkflow({ parent, workflow: { source: sleeping } });
  const start = () =>
    staff.startRun({ parent, run: { workflow: `${parent}/workflows/sleeping`, input: { long: "P1D" } } });
  await start();
  app.world.clockFailure = new ConnectError("away", Code.FailedPrecondition);
  await app.database.background((tx) =>
    tx.execute(sql`update market_clocks set ask_time = now() - interval '1 hour' where market = 'alone'`),
  );
  const before = app.world.clockAsks;
  await start();
  const [row] = await app.database.background((tx) =>
    tx.execute<{ fresh: boolean }>(
      sql`select ask_time > now() - interval '1 minute' as fresh from market_clocks where market = 'alone'`,
    ),
  );
  expect([app.world.clockAsks - before, row!.fresh]).toEqual([1, true]);
  app.world.clockFailure = undefined;
});

test("while one transaction asks for a market's clock, calls of that market do not wait for it", async () => {
  const staff = await app.as({ principal: "markets/busy/serviceAccounts/staff", market: "busy" });
  const parent = "markets/busy";
  await staff.createWorkflow({ parent, workflow: { source: sleeping } });
  const start = () =>
    staff.startRun({ parent, run: { workflow: `${parent}/workflows/sleeping`, input: { long: "P1D" } } });
  await start();
  const asked = app.world.clockAsks;
  await app.database.background((tx) =>
    tx.execute(sql`update market_clocks set ask_time = now() - interval '1 hour' where market = 'busy'`),
  );
  await app.database.background(async (tx) => {
    await expect(claimToAsk(tx, ["busy"], 1_000)).resolves.toEqual(["busy"]);
    await start();
  });
  expect(app.world.clockAsks).toBe(asked);
  await start();
  expect(app.world.clockAsks).toBe(asked + 1);
});

test("in a real market jobs wake runs and end tasks, also when their jobs are lost", async () => {
  const staff = await app.as({ principal: "markets/real/serviceAccounts/staff", market: "real" });
  const parent = "markets/real";
  await staff.createWorkflow({ parent, workflow: { source: sleeping } });
  await staff.createWorkflow({ parent, workflow: { source: hurrying } });
  const long = { long: "PT1S" };
  await staff.startRun({
    parent,
    run: { workflow: `${parent}/workflows/sleeping`, input: long },
    runId: "woken",
  });
  await staff.startRun({ parent, run: { workflow: `${parent}/workflows/hurrying` }, runId: "hurried" });
  await until(async () => (await staff.getMarketProgress({ parent })).endedCount === 2n);
  await staff.startRun({
    parent,
    run: { workflow: `${parent}/workflows/sleeping`, input: long },
    runId: "lost",
  });
  await app.database.background((tx) => tx.execute(sql`delete from graphile_worker._private_jobs`));
  const lost = await until(async () => {
    const { run } = await staff.getRun({ name: `${parent}/runs/lost` });
    return run!.state === Run_State.COMPLETED && run!;
  });
  expect(timestampMs(lost.endTime!) - timestampMs(lost.createTime!)).toBeGreaterThanOrEqual(1_000);
});
