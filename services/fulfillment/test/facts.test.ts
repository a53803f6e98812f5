import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Run_State } from "@marketmesh/contracts/fulfillment/v1";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { definition, delivery, matching, overhearing, telling, triggered } from "./definitions.ts";
import { accepted, beginMs, committed } from "./neighbours.ts";
import { expectReplays } from "./replay.ts";
import { type App, startFulfillment, until } from "./start-fulfillment.ts";

let app: App;
beforeAll(async () => {
  app = await startFulfillment();
});
afterAll(async () => {
  expect(await expectReplays(app.database)).toBeGreaterThan(5);
  await app[Symbol.asyncDispose]();
});

const marketTime = timestampFromMs(beginMs);

const handledCount = async () => {
  const [row] = await app.database.background((tx) =>
    tx.execute<{ n: string }>(sql`select count(*) as n from marketmesh.inbox`),
  );
  return Number(row!.n);
};

test("a fact begins one run per subject, however often it comes, and every fact after its workflow was created", async () => {
  const staff = await app.market("begins");
  const parent = "markets/begins";
  await app.world.tell(committed("begins", "before"));
  await until(async () => (await handledCount()) === 1);
  await staff.createWorkflow({ parent, workflow: { source: delivery } });
  const facts = ["one", "two", "three"].map((id) => committed("begins", id));
  await app.world.tell(...facts, ...facts);
  await app.world.tell(...facts, committed("begins", "last"));
  const tasks = await until(async () => {
    const page = await staff.listTasks({ parent });
    return page.tasks.length >= 4 && page.tasks;
  });
  expect(new Set(tasks.map(({ run }) => run)).size).toBe(4);
  const { runs } = await staff.listRuns({ parent });
  expect(runs.map(({ name }) => name)).toEqual(
    ["last", "one", "three", "two"].map((id) => `${parent}/runs/delivery-${id}`),
  );
  await staff.retireWorkflow({ name: `${parent}/workflows/delivery` });
  await app.world.tell(committed("begins", "too-late"), committed("begins", "one"));
  const done = await staff.completeTask({ name: tasks[0]!.name, marketTime });
  expect((await staff.getRun({ name: done.task!.run })).run?.output).toEqual({ outcome: "delivered" });
  expect((await staff.listRuns({ parent })).runs).toHaveLength(4);
});

test("a fact that comes before its run is found, one that comes after is heard, and twice changes nothing", async () => {
  const staff = await app.market("order");
  const parent = "markets/order";
  await staff.createWorkflow({ parent, workflow: { source: matching } });
  await app.world.tell(accepted("order", "early"), accepted("order", "early"), accepted("order", "nobody"));
  await until(async () => {
    const [row] = await app.database.background((tx) =>
      tx.execute<{ n: string }>(sql`select count(*) as n from early_events where market = 'order'`),
    );
    return Number(row!.n) === 2;
  });
  await app.world.tell(committed("order", "late"));
  await until(async () => (await staff.getMarketProgress({ parent })).waitingCount === 1n);
  // In one batch, the wrong way round, and with the run that wants it.
  await app.world.tell(
    accepted("order", "late"),
    accepted("order", "same"),
    committed("order", "same"),
    committed("order", "early"),
  );
  const progress = await until(async () => {
    const now = await staff.getMarketProgress({ parent });
    return now.endedCount === 3n && now;
  });
  expect(progress).toMatchObject({ runningCount: 0n, waitingCount: 0n, faultedCount: 0n });
  const { summary } = await staff.getWorkflowSummary({ name: `${parent}/workflows/matching` });
  expect(summary?.outcomes).toMatchObject([{ outcome: "matched", runCount: 3n }]);
});

test("runs about different things that have the same id are two runs", async () => {
  const staff = await app.market("ids");
  const parent = "markets/ids";
  const types = ["AllocationCommitted", "OfferAccepted"].map(
    (type) => `{with: {type: marketmesh.allocation.v1.${type}}}`,
  );
  const tasks = "- finish: {set: {outcome: begun}}";
  for (const name of ["any", "any-x"]) {
    const source = definition(name, tasks, `schedule: {on: {any: [${types.join(", ")}]}}`);
    await staff.createWorkflow({ parent, workflow: { source } });
  }
  // `any` about x-1, and `any-x` about 1, of each kind: at once, and again.
  const facts = ["x-1", "1"].flatMap((id) => [committed("ids", id), accepted("ids", id)]);
  await app.world.tell(...facts);
  const begun = async () => (await staff.listRuns({ parent })).runs;
  await until(async () => (await begun()).length === 8);
  const handled = await handledCount();
  await app.world.tell(...facts);
  await until(async () => (await handledCount()) > handled);
  expect(new Set((await begun()).map(({ workflow, subject }) => `${workflow} ${subject}`)).size).toBe(8);
  expect((await begun()).length).toBe(8);
});

test("a fact that one workflow's run hears is kept for another workflow's that begins later", async () => {
  const staff = await app.market("shared");
  const parent = "markets/shared";
  const other = matching.replace("name: matching", "name: other").replace("AllocationCommitted", "OfferMade");
  for (const source of [matching, other]) await staff.createWorkflow({ parent, workflow: { source } });
  await app.world.tell(committed("shared", "one"));
  await until(async () => (await staff.getMarketProgress({ parent })).waitingCount === 1n);
  await app.world.tell(accepted("shared", "one"));
  await until(async () => (await staff.getMarketProgress({ parent })).endedCount === 1n);
  const run = { workflow: `${parent}/workflows/other`, subject: `${parent}/allocations/one` };
  expect((await staff.startRun({ parent, run, marketTime })).run?.state).toBe(Run_State.COMPLETED);
});

test("what a run says is heard by those that wait for it, by those that come later, and begins runs", async () => {
  const staff = await app.market("emissions");
  const parent = "markets/emissions";
  for (const source of [telling, overhearing, triggered])
    await staff.createWorkflow({ parent, workflow: { source } });
  const run = (id: string) => ({ workflow: `${parent}/workflows/${id}` });
  const waiting = await staff.startRun({ parent, run: run("overhearing"), runId: "waiting", marketTime });
  expect(waiting.run?.state).toBe(Run_State.WAITING);
  await staff.startRun({ parent, run: run("telling"), runId: "speaker", marketTime });
  await until(
    async () => (await staff.getRun({ name: `${parent}/runs/waiting` })).run!.state === Run_State.COMPLETED,
  );
  const begun = await until(async () => {
    const { runs } = await staff.listRuns({ parent, workflow: `${parent}/workflows/triggered` });
    return runs.length === 1 && runs;
  });
  expect(begun[0]).toMatchObject({ state: Run_State.COMPLETED, subject: "markets/emissions/parties/all" });
  await staff.createWorkflow({
    parent,
    workflow: { source: overhearing.replace("name: overhearing", "name: listening-in") },
  });
  await staff.startRun({ parent, run: run("telling"), runId: "again", marketTime });
  await until(async () => {
    const [row] = await app.database.background((tx) =>
      tx.execute<{ n: string }>(sql`select count(*) as n from early_events where event like '%/again/%'`),
    );
    return Number(row!.n) === 1;
  });
  const later = await staff.startRun({ parent, run: run("overhearing"), runId: "later", marketTime });
  const other = await staff.startRun({ parent, run: run("listening-in"), runId: "other", marketTime });
  expect([later.run?.state, other.run?.state]).toEqual([Run_State.COMPLETED, Run_State.COMPLETED]);
});
