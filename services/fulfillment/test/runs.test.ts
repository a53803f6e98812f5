import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import type { CreateRoundRequest } from "@marketmesh/contracts/allocation/v1";
import { Run_State } from "@marketmesh/contracts/fulfillment/v1";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { asking, definition, listening, sleeping } from "./definitions.ts";
import { away, beginMs } from "./neighbours.ts";
import { expectReplays } from "./replay.ts";
import { type App, type FulfillmentClient, refusalOf, startFulfillment, until } from "./start-fulfillment.ts";

let app: App;
let staff: FulfillmentClient;
const parent = "markets/bazaar";
const workflow = (id: string) => `${parent}/workflows/${id}`;
const marketTime = timestampFromMs(beginMs);

beforeAll(async () => {
  app = await startFulfillment();
  staff = await app.market("bazaar");
  for (const source of [asking, listening, sleeping])
    await staff.createWorkflow({ parent, workflow: { source } });
});
afterAll(async () => {
  expect(await expectReplays(app.database)).toBeGreaterThan(5);
  await app[Symbol.asyncDispose]();
});

const start = async (id: string, run: Record<string, unknown>, runId = "") =>
  (await staff.startRun({ parent, runId, run: { workflow: workflow(id), ...run }, marketTime })).run!;
const ended = (name: string) =>
  until(async () => {
    const { run } = await staff.getRun({ name });
    return run!.state !== Run_State.RUNNING && run;
  });

test("a run waits for its signal, hears it once, and says what came out", async () => {
  const run = await start("listening", {}, "signalled");
  expect(run).toMatchObject({ state: Run_State.WAITING, stage: "hear", workflowVersion: 1n, version: 1n });
  expect(run.wakeTime).toEqual(timestampFromMs(beginMs + 3_600_000));
  const signal = { name: run.name, type: "go", data: { now: true }, marketTime, requestId: "first" };
  const heard = await staff.signalRun(signal);
  expect(heard.run).toMatchObject({ state: Run_State.COMPLETED, output: { outcome: "heard" } });
  expect(await staff.signalRun(signal)).toEqual(heard);
  const again = staff.signalRun({ ...signal, requestId: "second" });
  expect(await refusalOf(again)).toBe("FAILED_PRECONDITION RUN_ENDED");
  const { entries, nextPageToken } = await staff.listRunHistory({ name: run.name, pageSize: 1 });
  expect(entries.map(({ event }) => event)).toEqual(["started"]);
  const rest = await staff.listRunHistory({ name: run.name, pageToken: nextPageToken });
  expect(rest.entries.map(({ event, step }) => [event, step])).toEqual([["received", 2n]]);
});

test("a call's answer comes back to the run, with the service's own token", async () => {
  const run = await start("asking", { input: { listing: `${parent}/listings/lamp` } });
  expect(run.state).toBe(Run_State.RUNNING);
  expect(await ended(run.name)).toMatchObject({
    state: Run_State.COMPLETED,
    output: { outcome: `${parent}/parties/ann` },
  });
  expect(app.world.asked.at(-1)?.caller).toBe("serviceAccounts/fulfillment");
});

test("who is away is asked again; a refusal is told at once and faults the run, which can be retried", async () => {
  app.world.failures.push(away(), away());
  const patient = await start("asking", { input: { listing: `${parent}/listings/slow` } });
  expect((await ended(patient.name)).state).toBe(Run_State.COMPLETED);

  app.world.failures.push(new ConnectError("no such listing", Code.NotFound));
  const { name } = await start("asking", { input: { listing: `${parent}/listings/gone` } });
  const faulted = await ended(name);
  expect(faulted).toMatchObject({
    state: Run_State.FAULTED,
    fault: { status: 404, title: "NOT_FOUND", instance: "/do/0/ask" },
  });
  expect(faulted.fault?.detail).not.toContain("no such listing");
  expect(await refusalOf(staff.retryRun({ name, etag: '"99"', marketTime }))).toBe("ABORTED ETAG_MISMATCH");
  await staff.retryRun({ name, etag: faulted.etag, marketTime });
  expect((await ended(name)).state).toBe(Run_State.COMPLETED);
  expect(await refusalOf(staff.retryRun({ name, marketTime }))).toBe("FAILED_PRECONDITION RUN_NOT_FAULTED");
});

test("a workflow reaches its own market alone", async () => {
  const asked = app.world.asked.length;
  const { name } = await start("asking", { input: { listing: "markets/other/listings/secret" } });
  expect(await ended(name)).toMatchObject({
    state: Run_State.FAULTED,
    fault: { status: 403, title: "MARKET_NOT_REACHED" },
  });
  expect(app.world.asked).toHaveLength(asked);
});

test("a cancelled run hears nothing more", async () => {
  const { name } = await start("listening", {}, "cancelled");
  const stale = staff.cancelRun({ name, etag: '"9"', marketTime });
  expect(await refusalOf(stale)).toBe("ABORTED ETAG_MISMATCH");
  const cancelled = await staff.cancelRun({ name, reason: "changed our mind", marketTime });
  expect(cancelled.run).toMatchObject({ state: Run_State.CANCELLED });
  expect((await staff.cancelRun({ name, marketTime })).run).toEqual(cancelled.run);
  expect(await refusalOf(staff.signalRun({ name, type: "go", marketTime }))).toBe(
    "FAILED_PRECONDITION RUN_ENDED",
  );
});

test("runs are listed by workflow, state, stage, subject and age, page by page", async () => {
  const subject = `${parent}/allocations/a1`;
  const one = await start("listening", { subject });
  expect(one.name).toBe(`${parent}/runs/listening-a1`);
  await start("listening", {}, "early-bird");
  const names = async (filter: Record<string, unknown>) =>
    (await staff.listRuns({ parent, ...filter })).runs.map(({ name }) => name);
  expect(await names({ subject })).toEqual([one.name]);
  expect(await names({ workflow: workflow("listening"), state: Run_State.WAITING })).toEqual([
    `${parent}/runs/early-bird`,
    one.name,
  ]);
  expect(
    await names({ stage: "finish", state: Run_State.COMPLETED, workflow: workflow("listening") }),
  ).toEqual([`${parent}/runs/signalled`]);
  expect(await names({ createdBefore: timestampFromMs(beginMs) })).toEqual([]);
  const page = await staff.listRuns({ parent, workflow: workflow("listening"), pageSize: 1 });
  expect(page.runs).toHaveLength(1);
  const other = staff.listRuns({ parent, workflow: workflow("asking"), pageToken: page.nextPageToken });
  expect(await refusalOf(other)).toMatch(/^INVALID_ARGUMENT/);
});

test("what does not fit is refused by name", async () => {
  const run = { workflow: workflow("listening"), subject: `${parent}/allocations/a1` };
  const refused = (request: Record<string, unknown>) =>
    refusalOf(staff.startRun({ parent, run, marketTime, ...request }));
  expect(await refused({})).toBe("ALREADY_EXISTS RUN_ALREADY_EXISTS");
  expect(await refused({ runId: "another" })).toBe("ALREADY_EXISTS RUN_ALREADY_EXISTS");
  expect(await refused({ runId: "no id!" })).toBe("INVALID_ARGUMENT VALIDATION_FAILED");
  expect(await refused({ run: { workflow: workflow("none") } })).toBe("NOT_FOUND WORKFLOW_NOT_FOUND");
  expect(await refused({ run: { ...run, subject: "markets/other/allocations/a" } })).toBe(
    "INVALID_ARGUMENT VALIDATION_FAILED",
  );
  expect(
    await refused({
      runId: "x",
      run: { workflow: workflow("listening"), input: { text: "x".repeat(65_536) } },
    }),
  ).toBe("INVALID_ARGUMENT DATA_TOO_LARGE");
  const timeless = staff.startRun({ parent, run: { workflow: workflow("listening") } });
  expect(await refusalOf(timeless)).toBe("INVALID_ARGUMENT MARKET_TIME_REQUIRED");
  for (const call of [
    refusalOf(staff.getRun({ name: `${parent}/runs/none` })),
    refusalOf(staff.listRunHistory({ name: `${parent}/runs/none` })),
    refusalOf(staff.signalRun({ name: `${parent}/runs/none`, type: "go", marketTime })),
    refusalOf(staff.cancelRun({ name: `${parent}/runs/none`, marketTime })),
    refusalOf(staff.retryRun({ name: `${parent}/runs/none`, marketTime })),
  ]) {
    expect(await call).toBe("NOT_FOUND RUN_NOT_FOUND");
  }
});

test("the summary counts by state, stage and outcome", async () => {
  const { summary } = await staff.getWorkflowSummary({ name: workflow("listening") });
  expect(summary?.outcomes).toMatchObject([{ outcome: "heard", runCount: 1n }]);
  expect(summary?.stages.map(({ stage, inCount, leftCount }) => [stage, inCount, leftCount])).toEqual([
    ["hear", 2n, 1n],
    ["finish", 0n, 1n],
  ]);
  expect(await refusalOf(staff.getWorkflowSummary({ name: workflow("none") }))).toBe(
    "NOT_FOUND WORKFLOW_NOT_FOUND",
  );
});

test("a page of history ends before it is too large, and never empty", async () => {
  const { name } = await start("listening", {}, "large");
  await staff.signalRun({ name, type: "go", marketTime });
  const each = (entry: ReturnType<typeof sql>) =>
    app.database.background((tx) =>
      tx.execute(sql`update run_history set entry = ${entry} where run = 'large'`),
    );
  await each(sql`(entry::jsonb || jsonb_build_object('pad', repeat('x', 5 * 1024 * 1024)))::json`);
  const first = await staff.listRunHistory({ name });
  const { nextPageToken: pageToken } = first;
  const second = await staff.listRunHistory({ name, pageToken });
  await each(sql`(entry::jsonb - 'pad')::json`);
  expect([first, second].map(({ entries }) => entries.map(({ event }) => event))).toEqual([
    ["started"],
    ["received"],
  ]);
  expect(second.nextPageToken).toBe("");
});

test("a call that is made again bears the same request id, another run's call another", async () => {
  const source = definition(
    "rounding",
    `- create:
    call: marketmesh.allocation.v1.AllocationService/CreateRound
    with: {roundId: next, round: {plan: '\${ market + "/plans/one" }'}}`,
  );
  await staff.createWorkflow({ parent, workflow: { source } });
  const before = app.world.asked.length;
  app.world.failures.push(new ConnectError("was faster", Code.Aborted));
  for (const id of ["once", "twice"]) {
    const run = await start("rounding", {}, id);
    expect((await ended(run.name)).state).toBe(Run_State.COMPLETED);
  }
  const requests = app.world.asked.slice(before).map(({ request }) => request as CreateRoundRequest);
  const [first, again, other] = requests.map(({ requestId }) => requestId);
  expect([first, requests.length]).toEqual([again, 3]);
  expect(other).toMatch(/^[0-9a-f-]{36}$/);
  expect(other).not.toBe(first);
});
