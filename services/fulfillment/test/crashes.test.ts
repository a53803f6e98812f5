import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Run_State } from "@marketmesh/contracts/fulfillment/v1";
import { start } from "@marketmesh/service-host";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { bindFulfillment } from "../src/service.ts";
import { asking, delivery } from "./definitions.ts";
import { beginMs, committed } from "./neighbours.ts";
import { expectReplays } from "./replay.ts";
import { startFulfillment, until } from "./start-fulfillment.ts";

const marketTime = timestampFromMs(beginMs);
const parent = "markets/shop";
/** Whole services start and stop in these, on whatever machine. */
const patience = { timeout: 240_000 };

test("a job that is lost between the step and the call is added again", patience, async () => {
  await using app = await startFulfillment({ FULFILLMENT_RESTORE_EVERY_MS: "100" });
  const staff = await app.market("shop");
  await staff.createWorkflow({ parent, workflow: { source: asking } });
  const release = Promise.withResolvers<void>();
  app.world.beforeAnswer = () => release.promise;
  const run = { workflow: `${parent}/workflows/asking`, input: { listing: `${parent}/listings/a` } };
  const { name } = (await staff.startRun({ parent, run, marketTime })).run!;
  await until(async () => app.world.asked.length > 0);
  // As after kill -9: the job is in the hands of a process that is gone.
  await app.database.background((tx) =>
    tx.execute(sql`update graphile_worker._private_jobs set locked_by = 'pool-of-the-dead'`),
  );
  await until(async () => app.world.asked.length > 1);
  release.resolve();
  await until(async () => (await staff.getRun({ name })).run!.state === Run_State.COMPLETED);
  const { entries } = await staff.listRunHistory({ name });
  expect(entries.map(({ event }) => event)).toEqual(["started", "returned"]);
});

test(
  "two replicas over the same facts make nothing twice, and one goes on when the other stops",
  patience,
  async () => {
    await using app = await startFulfillment();
    const staff = await app.market("shop");
    await staff.createWorkflow({ parent, workflow: { source: delivery } });
    const other = await start("fulfillment", bindFulfillment, { ...app.env, PORT: "0", METRICS_PORT: "0" });
    const ids = Array.from({ length: 60 }, (_, n) => `a${n}`);
    const facts = ids.map((id) => committed("shop", id));
    await Promise.all([
      app.world.tell(...facts),
      app.world.tell(...facts.toReversed()),
      ...ids.slice(0, 20).map((id) => app.world.tell(committed("shop", id))),
    ]);
    await until(async () => (await staff.listRuns({ parent })).runs.length >= 30);
    await other.close();
    const tasks = await until(async () => {
      const page = await staff.listTasks({ parent, pageSize: 1_000 });
      return page.tasks.length === ids.length && page.tasks;
    });
    const completions = tasks.map(({ name }) => ({ task: name, marketTime }));
    await Promise.all([
      staff.batchCompleteTasks({ parent, completions }),
      staff.batchCompleteTasks({ parent, completions }),
    ]);
    const progress = await staff.getMarketProgress({ parent });
    expect(progress).toMatchObject({
      endedCount: 60n,
      runningCount: 0n,
      waitingCount: 0n,
      openTaskCount: 0n,
    });
    const emitted = await app.database.background((tx) =>
      tx.execute<{ n: string }>(sql`select count(*) as n from marketmesh.outbox where feed = 'emission'`),
    );
    expect(Number(emitted[0]!.n)).toBe(60);
    const repeated = await app.database.background((tx) =>
      tx.execute(
        sql`select 1 from marketmesh.outbox group by feed, market, aggregate_id, version having count(*) > 1`,
      ),
    );
    expect(repeated).toHaveLength(0);
    const gaps = await app.database.background((tx) =>
      tx.execute(
        sql`select 1 from marketmesh.outbox group by feed, market, aggregate_id having max(version) <> count(*)`,
      ),
    );
    expect(gaps).toHaveLength(0);
    // The same call, asked again after a crash, bears the same request: GetListing has no request id, so by name.
    expect(
      new Set(app.world.asked.map(({ request }) => JSON.stringify((request as { name: string }).name))).size,
    ).toBe(60);
    expect(await expectReplays(app.database)).toBe(60);
  },
);
