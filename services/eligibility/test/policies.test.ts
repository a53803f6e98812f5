import { afterAll, beforeAll, expect, test } from "vitest";
import { type EligibilityUnderTest, hiring, kinds, policyOf, refusalOf, startEligibility } from "./mesh.ts";

let app: EligibilityUnderTest;
const parent = "markets/berlin";
const skilled = policyOf({ SKILLS_TOO_FEW: "supply.skills.shared(demand.skills) >= 1" });

beforeAll(async () => {
  app = await startEligibility();
  await app.operator.eligibility.createPolicy({ parent, policyId: "hiring", policy: skilled });
});
afterAll(() => app?.[Symbol.asyncDispose]());

test("a policy is read back, as it is and as it was", async () => {
  const { eligibility } = app.operator;
  const { policy: made } = await eligibility.createPolicy({ parent, policyId: "changing", policy: skilled });
  expect(made).toMatchObject({ name: `${parent}/policies/changing`, version: 1n, etag: '"1"', ...kinds });
  const { rules } = policyOf({ TOO_GREEN: "supply.years >= demand.years" });
  const { policy: changed } = await eligibility.updatePolicy({ policy: { ...made!, rules } });
  expect(changed).toMatchObject({ version: 2n, rules });
  const { policy: same } = await eligibility.updatePolicy({ policy: { ...changed! } });
  expect(same).toEqual(changed);
  expect(await eligibility.getPolicy({ name: made!.name, version: 1n })).toMatchObject({ policy: made });
  expect(await eligibility.getPolicy({ name: made!.name })).toMatchObject({ policy: changed });
  expect(await refusalOf(eligibility.updatePolicy({ policy: { ...made!, rules } }))).toMatchObject({
    code: "Aborted",
    reason: "ETAG_MISMATCH",
  });
});

test("policies are listed by name, a page at a time", async () => {
  const { eligibility } = app.operator;
  const market = { parent: "markets/berlin" };
  for (const policyId of ["a", "b"]) await eligibility.createPolicy({ ...market, policyId, policy: skilled });
  const first = await eligibility.listPolicies({ ...market, pageSize: 1 });
  const second = await eligibility.listPolicies({ ...market, pageSize: 1, pageToken: first.nextPageToken });
  expect([...first.policies, ...second.policies].map(({ name }) => name)).toEqual([
    `${parent}/policies/a`,
    `${parent}/policies/b`,
  ]);
  const elsewhere = eligibility.listPolicies({ parent: "markets/paris", pageToken: first.nextPageToken });
  expect(await refusalOf(elsewhere)).toMatchObject({ reason: "PAGE_TOKEN_INVALID" });
});

test("a repeated request_id gets the first answer; another body is refused", async () => {
  const { eligibility } = app.operator;
  const request = {
    parent,
    policyId: "once",
    policy: skilled,
    requestId: "0199c3a0-2f0e-7c11-b0a4-6d1f2a3b4c5d",
  };
  const first = await eligibility.createPolicy(request);
  expect(await eligibility.createPolicy(request)).toEqual(first);
  expect(await refusalOf(eligibility.createPolicy({ ...request, policyId: "other" }))).toMatchObject({
    code: "InvalidArgument",
    reason: "REQUEST_ID_REUSED",
  });
});

test("every mistake of a policy is named by position", async () => {
  const policy = policyOf({
    FINE: "supply.years > 1",
    UNKNOWN: "supply.years > 1 &&\n  supply.height > 2",
    PERSONAL: "supply.email == 'a'",
    WRONG_TYPE: "supply.years",
  });
  policy.rules.push(...policyOf({ FINE: "true" }).rules);
  const { mistakes } = await app.operator.eligibility.validatePolicy({ parent, policy });
  expect(mistakes.map(({ field, line, reason }) => [field, line, reason])).toEqual([
    ["policy.rules[1].expression", 2, "EXPRESSION_INVALID"],
    ["policy.rules[2].expression", 1, "PERSONAL_ATTRIBUTE_IN_RULE"],
    ["policy.rules[3].expression", 1, "EXPRESSION_INVALID"],
    ["policy.rules[4].reason", 0, "RULE_REASON_REPEATED"],
  ]);
  const refusal = await refusalOf(app.operator.eligibility.createPolicy({ parent, policyId: "x", policy }));
  expect(refusal).toMatchObject({
    code: "InvalidArgument",
    reason: "EXPRESSION_INVALID",
    domain: "eligibility.marketmesh",
    metadata: { field: "policy.rules[1].expression", code: "UNKNOWN_ATTRIBUTE", line: "2" },
  });
  expect(refusal.fields).toHaveLength(4);
});

const candidate = kinds.supplyKind;
test.each([
  ["a kind that there is not", { supplyKind: "markets/berlin/kinds/nobody" }, "NotFound", "KIND_NOT_FOUND"],
  ["another market's kind", { supplyKind: "markets/paris/kinds/candidate" }, "NotFound", "KIND_NOT_FOUND"],
  ["a kind of the other side", { demandKind: candidate }, "InvalidArgument", "KIND_SIDE_INVALID"],
  ["what is no kind", { demandKind: "job" }, "InvalidArgument", "NAME_INVALID"],
])("refuses %s", async (_, over, code, reason) => {
  const policy = { ...skilled, ...over };
  const call = app.operator.eligibility.createPolicy({ parent, policyId: "refused", policy });
  expect(await refusalOf(call)).toMatchObject({ code, reason });
});

test("refuses an id that is taken, a policy that there is not, and other kinds than before", async () => {
  const { eligibility } = app.operator;
  const again = eligibility.createPolicy({ parent, policyId: "hiring", policy: skilled });
  expect(await refusalOf(again)).toMatchObject({ code: "AlreadyExists", reason: "POLICY_ALREADY_EXISTS" });
  const absent = `${parent}/policies/absent`;
  const missing = { code: "NotFound", reason: "POLICY_NOT_FOUND" };
  expect(await refusalOf(eligibility.getPolicy({ name: absent }))).toMatchObject(missing);
  expect(await refusalOf(eligibility.getPolicy({ name: hiring, version: 9n }))).toMatchObject(missing);
  expect(await refusalOf(eligibility.updatePolicy({ policy: { ...skilled, name: absent } }))).toMatchObject(
    missing,
  );
  const other = { ...skilled, name: hiring, demandKind: "markets/berlin/kinds/other" };
  expect(await refusalOf(eligibility.updatePolicy({ policy: other }))).toMatchObject({
    reason: "KIND_IMMUTABLE",
  });
});

test("another market sees nothing, and a party writes nothing", async () => {
  const paris = await app.as({ market: "paris" });
  expect(await refusalOf(paris.eligibility.getPolicy({ name: hiring }))).toMatchObject({
    code: "PermissionDenied",
    reason: "MARKET_MISMATCH",
  });
  const everywhere = await app.operator.eligibility.listPolicies({ parent: "markets/paris" });
  expect(everywhere.policies).toEqual([]);
  const party = await app.as({ market: "berlin", party: "acme" });
  expect((await party.eligibility.getPolicy({ name: hiring })).policy?.name).toBe(hiring);
  const inaccessible = { code: "PermissionDenied", reason: "RESOURCE_NOT_ACCESSIBLE" };
  const created = party.eligibility.createPolicy({ parent, policyId: "mine", policy: skilled });
  expect(await refusalOf(created)).toMatchObject(inaccessible);
  const absent = party.eligibility.getPolicy({ name: `${parent}/policies/absent` });
  expect(await refusalOf(absent)).toMatchObject(inaccessible);
});
