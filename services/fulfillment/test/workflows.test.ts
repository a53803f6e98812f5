import { Workflow_State } from "@marketmesh/contracts/fulfillment/v1";
import { afterAll, beforeAll, expect, test } from "vitest";
import { asking, definition, delivery, listening } from "./definitions.ts";
import { type App, refusalOf, startFulfillment } from "./start-fulfillment.ts";

let app: App;
beforeAll(async () => {
  app = await startFulfillment();
});
afterAll(() => app[Symbol.asyncDispose]());

test("a definition is created, read, listed, changed and retired; older versions stay readable", async () => {
  const staff = await app.market("versions");
  const parent = "markets/versions";
  const { workflow } = await staff.createWorkflow({ parent, workflow: { source: delivery } });
  expect(workflow).toMatchObject({
    name: `${parent}/workflows/delivery`,
    state: Workflow_State.ACTIVE,
    triggerTypes: ["marketmesh.allocation.v1.AllocationCommitted"],
    calledMethods: [
      "marketmesh.catalog.v1.CatalogService/GetListing",
      "marketmesh.fulfillment.v1.FulfillmentService/CreateTask",
    ],
    stages: ["prepare", "ask", "tell", "finish"],
    version: 1n,
    etag: '"1"',
  });
  const { name } = workflow!;
  const changed = delivery.replace('duration("24h")', 'duration("48h")');
  expect((await staff.updateWorkflow({ workflow: { name, source: delivery } })).workflow?.version).toBe(1n);
  const stale = staff.updateWorkflow({ workflow: { name, source: changed, etag: '"7"' } });
  expect(await refusalOf(stale)).toBe("ABORTED ETAG_MISMATCH");
  const updated = await staff.updateWorkflow({ workflow: { name, source: changed, etag: '"1"' } });
  expect(updated.workflow).toMatchObject({ version: 2n, source: changed });
  expect((await staff.getWorkflow({ name, version: 1n })).workflow?.source).toBe(delivery);
  const retired = await staff.retireWorkflow({ name });
  expect(retired.workflow).toMatchObject({ state: Workflow_State.RETIRED, version: 3n });
  expect(await staff.retireWorkflow({ name })).toEqual(retired);
  const run = { workflow: name };
  expect(await refusalOf(staff.startRun({ parent, run }))).toBe("FAILED_PRECONDITION WORKFLOW_RETIRED");
  expect((await staff.updateWorkflow({ workflow: { name, source: changed } })).workflow).toMatchObject({
    state: Workflow_State.ACTIVE,
    version: 4n,
  });
  await staff.createWorkflow({ parent, workflow: { source: listening } });
  const first = await staff.listWorkflows({ parent, pageSize: 1 });
  const second = await staff.listWorkflows({ parent, pageSize: 1, pageToken: first.nextPageToken });
  expect([...first.workflows, ...second.workflows].map((one) => [one.name, one.source])).toEqual([
    [`${parent}/workflows/delivery`, ""],
    [`${parent}/workflows/listening`, ""],
  ]);
  expect(second.nextPageToken).toBe("");
});

test("a repeat with the same request id gets the first answer", async () => {
  const staff = await app.market("repeats");
  const request = { parent: "markets/repeats", workflow: { source: asking }, requestId: "once" };
  const first = await staff.createWorkflow(request);
  expect(await staff.createWorkflow(request)).toEqual(first);
  expect(await refusalOf(staff.createWorkflow({ ...request, requestId: "twice" }))).toBe(
    "ALREADY_EXISTS WORKFLOW_ALREADY_EXISTS",
  );
});

test("what is wrong is told with its place, and nothing is kept", async () => {
  const staff = await app.market("wrong");
  const parent = "markets/wrong";
  const source = definition("wrong", "- split: {fork: {branches: [{a: {set: {b: 1}}}]}}");
  const { problems, workflow } = await staff.validateWorkflow({ parent, source });
  expect(problems[0]).toMatchObject({
    reason: "NOT_SUPPORTED",
    path: expect.stringContaining("/do/0/split"),
  });
  expect(problems[0]!.line).toBeGreaterThan(0);
  expect(workflow).toBeUndefined();
  expect(await refusalOf(staff.createWorkflow({ parent, workflow: { source } }))).toBe(
    "INVALID_ARGUMENT WORKFLOW_INVALID",
  );
  expect((await staff.listWorkflows({ parent })).workflows).toEqual([]);
  expect(await refusalOf(staff.getWorkflow({ name: `${parent}/workflows/none` }))).toBe(
    "NOT_FOUND WORKFLOW_NOT_FOUND",
  );
  const fine = await staff.validateWorkflow({ parent, source: asking });
  expect(fine).toMatchObject({
    problems: [],
    workflow: { name: `${parent}/workflows/asking`, stages: ["ask", "finish"] },
  });
});

test.each([
  ["a stream", "marketmesh.catalog.v1.CatalogService/ImportListings", "{}"],
  ["a method of no market", "marketmesh.identity.v1.IdentityService/ListSigningKeys", "{}"],
  ["what answers with names of people", "marketmesh.identity.v1.IdentityService/GetParty", "{}"],
  ["the feeds", "marketmesh.events.v1.FeedService/Republish", "{}"],
  ["what is not there", "marketmesh.catalog.v1.CatalogService/Guess", "{}"],
  ["a field that is not there", "marketmesh.catalog.v1.CatalogService/GetListing", "{nmae: x}"],
  ["a value of another kind", "marketmesh.catalog.v1.CatalogService/GetListing", "{name: 7}"],
])("a definition can't call %s", async (_, method, request) => {
  const staff = await app.market("calls");
  const source = definition("calls", `- one: {call: ${method}, with: ${request}}`);
  const { problems } = await staff.validateWorkflow({ parent: "markets/calls", source });
  expect(problems.length).toBeGreaterThan(0);
  expect(problems[0]!.path).toMatch(/^\/do\/0\/one/);
});

test("an author lends a workflow nothing that they may not do", async () => {
  const parent = "markets/lent";
  await app.market("lent");
  const permissions = [
    "fulfillment.workflows.create",
    "fulfillment.workflows.update",
    "catalog.listings.read",
  ];
  const author = await app.as({ principal: `${parent}/serviceAccounts/author`, market: "lent", permissions });
  await author.createWorkflow({ parent, workflow: { source: asking } });
  const source = definition(
    "closing",
    `- close: {call: marketmesh.catalog.v1.CatalogService/CloseListing, with: {name: markets/lent/listings/a}}`,
  );
  const create = author.createWorkflow({ parent, workflow: { source } });
  expect(await refusalOf(create)).toBe("PERMISSION_DENIED CALL_NOT_PERMITTED");
  const update = {
    name: `${parent}/workflows/asking`,
    source: source.replace("name: closing", "name: asking"),
  };
  expect(await refusalOf(author.updateWorkflow({ workflow: update }))).toBe(
    "PERMISSION_DENIED CALL_NOT_PERMITTED",
  );
});
