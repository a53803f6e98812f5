import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Run_State, Task_State } from "@marketmesh/contracts/fulfillment/v1";
import { assertRowSecurity } from "@marketmesh/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { asking, listening, tasking } from "./definitions.ts";
import { accepted, beginMs } from "./neighbours.ts";
import { expectReplays } from "./replay.ts";
import { type App, type FulfillmentClient, refusalOf, startFulfillment, until } from "./start-fulfillment.ts";

let app: App;
let staff: FulfillmentClient;
const parent = "markets/desk";
const marketTime = timestampFromMs(beginMs);

beforeAll(async () => {
  app = await startFulfillment();
  staff = await app.market("desk");
  for (const source of [asking, listening, tasking])
    await staff.createWorkflow({ parent, workflow: { source } });
});
afterAll(async () => {
  expect(await expectReplays(app.database)).toBeGreaterThan(3);
  await app[Symbol.asyncDispose]();
});

const partyOf = (id: string) =>
  app.as({
    principal: `${parent}/parties/${id}`,
    market: "desk",
    party: id,
    permissions: ["fulfillment.tasks.read", "fulfillment.tasks.complete"],
  });

async function signature(runId: string, party = "ann") {
  const run = { workflow: `${parent}/workflows/tasking`, input: { party: `${parent}/parties/${party}` } };
  const started = await staff.startRun({ parent, runId, run, marketTime });
  const { tasks } = await staff.listTasks({ parent, run: started.run!.name });
  return tasks[0]!;
}

test("a party sees and does its own tasks, and nobody else's; its run goes on in the same transaction", async () => {
  const task = await signature("signed");
  expect(task).toMatchObject({
    type: "sign",
    state: Task_State.OPEN,
    dueTime: timestampFromMs(beginMs + 7_200_000),
  });
  const [ann, bob] = [await partyOf("ann"), await partyOf("bob")];
  expect((await bob.listTasks({ parent })).tasks).toEqual([]);
  expect((await ann.listTasks({ parent })).tasks.map(({ name }) => name)).toEqual([task.name]);
  const hidden = "PERMISSION_DENIED RESOURCE_NOT_ACCESSIBLE";
  expect(await refusalOf(bob.getTask({ name: task.name }))).toBe(hidden);
  expect(await refusalOf(bob.claimTask({ name: task.name }))).toBe(hidden);
  expect(await refusalOf(bob.completeTask({ name: task.name, marketTime }))).toBe(hidden);
  expect(await refusalOf(ann.getRun({ name: task.run }))).toBe("PERMISSION_DENIED PERMISSION_MISSING");
  const completion = { name: task.name, result: { page: 3 }, marketTime };
  const done = await ann.completeTask(completion);
  expect(done.task).toMatchObject({ state: Task_State.COMPLETED, result: { page: 3 }, version: 2n });
  expect(await ann.completeTask(completion)).toEqual(done);
  expect(await refusalOf(ann.completeTask({ ...completion, result: { page: 4 } }))).toBe(
    "FAILED_PRECONDITION TASK_ENDED",
  );
  expect((await staff.getRun({ name: task.run })).run).toMatchObject({
    state: Run_State.COMPLETED,
    output: { outcome: "signed" },
  });
});

test("a claimed task is its claimant's, or the staff's", async () => {
  const { name } = await signature("claimed");
  const ann = await partyOf("ann");
  const colleague = await app.as({ principal: `${parent}/serviceAccounts/colleague`, market: "desk" });
  const claimed = await ann.claimTask({ name });
  expect(claimed.task).toMatchObject({
    state: Task_State.CLAIMED,
    claimant: `${parent}/parties/ann`,
    version: 2n,
  });
  expect(await ann.claimTask({ name })).toEqual(claimed);
  expect(await refusalOf(colleague.claimTask({ name }))).toBe("FAILED_PRECONDITION TASK_CLAIMED");
  expect(await refusalOf(ann.releaseTask({ name, etag: '"9"' }))).toBe("ABORTED ETAG_MISMATCH");
  const released = await colleague.releaseTask({ name });
  expect(released.task).toMatchObject({ state: Task_State.OPEN, claimant: "" });
  expect(await ann.releaseTask({ name })).toEqual(released);
  await colleague.claimTask({ name });
  expect(await refusalOf(ann.completeTask({ name, marketTime }))).toBe("FAILED_PRECONDITION TASK_CLAIMED");
  await staff.completeTask({ name, marketTime });
  expect(await refusalOf(ann.claimTask({ name }))).toBe("FAILED_PRECONDITION TASK_ENDED");
});

test("a batch takes each by itself", async () => {
  const [one, two, late] = [await signature("b1"), await signature("b2"), await signature("b3", "bob")];
  const completion = (task: string, ms = beginMs) => ({ task, marketTime: timestampFromMs(ms) });
  const ann = await partyOf("ann");
  const { tasks } = await ann.batchCompleteTasks({
    parent,
    completions: [completion(one.name), completion(late.name), completion(two.name, beginMs + 7_200_001)],
  });
  expect(tasks.map(({ state, reason }) => [state, reason])).toEqual([
    [Task_State.COMPLETED, ""],
    [Task_State.UNSPECIFIED, "RESOURCE_NOT_ACCESSIBLE"],
    [Task_State.OPEN, "TASK_ENDED"],
  ]);
  const twice = staff.batchCompleteTasks({
    parent,
    completions: [completion(one.name), completion(one.name)],
  });
  expect(await refusalOf(twice)).toBe("INVALID_ARGUMENT TASK_REPEATED");
  const timeless = staff.batchCompleteTasks({ parent, completions: [{ task: one.name }] });
  expect(await refusalOf(timeless)).toBe("INVALID_ARGUMENT MARKET_TIME_REQUIRED");
});

test("staff give a run something to do; cancelling the run takes it back", async () => {
  const { run } = await staff.startRun({
    parent,
    runId: "desk-work",
    run: { workflow: `${parent}/workflows/listening` },
    marketTime,
  });
  const task = { run: run!.name, type: "call-back", data: { about: "the lamp" } };
  const created = await staff.createTask({ parent, task, marketTime });
  expect(created.task).toMatchObject({ state: Task_State.OPEN, data: { about: "the lamp" }, party: "" });
  expect(await refusalOf(staff.createTask({ parent, task, marketTime }))).toBe(
    "ALREADY_EXISTS TASK_ALREADY_EXISTS",
  );
  const large = { ...task, type: "large", data: { text: "x".repeat(16_384) } };
  expect(await refusalOf(staff.createTask({ parent, task: large, marketTime }))).toBe(
    "INVALID_ARGUMENT DATA_TOO_LARGE",
  );
  const nowhere = { ...task, run: `${parent}/runs/none` };
  expect(await refusalOf(staff.createTask({ parent, task: nowhere, marketTime }))).toBe(
    "NOT_FOUND RUN_NOT_FOUND",
  );
  await staff.cancelRun({ name: run!.name, marketTime });
  const { name } = created.task!;
  expect((await staff.getTask({ name })).task?.state).toBe(Task_State.CANCELLED);
  expect(await refusalOf(staff.createTask({ parent, task: { ...task, type: "more" }, marketTime }))).toBe(
    "FAILED_PRECONDITION RUN_ENDED",
  );
  expect(await refusalOf(staff.getTask({ name: `${parent}/tasks/none` }))).toBe("NOT_FOUND TASK_NOT_FOUND");
});

test("nobody sees a row of another market", async () => {
  app.world.beforeAnswer = () => new Promise(() => {}); // so that a call is pending
  await staff.createWorkflow({ parent, workflow: { source: (await import("./definitions.ts")).matching } });
  await app.world.tell(accepted("desk", "early"));
  const run = { workflow: `${parent}/workflows/asking`, input: { listing: `${parent}/listings/a` } };
  await staff.startRun({ parent, run, marketTime });
  await staff.startRun({
    parent,
    run: { workflow: `${parent}/workflows/matching`, subject: `${parent}/allocations/x` },
    marketTime,
  });
  const tables = await until(async () => {
    const guarded = await assertRowSecurity(app.database);
    const own = guarded.filter(({ table }) => table.startsWith("public."));
    return own.every(({ rows }) => rows > 0) && own;
  });
  expect(tables.map(({ table }) => table)).toEqual(
    [
      "early_events",
      "market_clocks",
      "pending_calls",
      "run_history",
      "run_interests",
      "run_stages",
      "run_states",
      "runs",
      "tasks",
      "workflow_versions",
      "workflows",
    ].map((name) => `public.${name}`),
  );
});
