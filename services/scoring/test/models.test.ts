import { Model_Perspective } from "@marketmesh/contracts/scoring/v1";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  formula,
  kinds,
  modelOf,
  overlapOf,
  parent,
  refusalOf,
  type ScoringUnderTest,
  skillOverlap,
  skillStatistics,
  startScoring,
} from "./mesh.ts";

let app: ScoringUnderTest;
const years = modelOf([formula("years", "supply.years / 10")]);

beforeAll(async () => {
  app = await startScoring();
  await app.operator.scoring.createModel({ parent, modelId: "taken", model: years });
});
afterAll(() => app?.[Symbol.asyncDispose]());

test("a model is read back, as it is and as it was", async () => {
  const { scoring } = app.operator;
  const { model: made } = await scoring.createModel({ parent, modelId: "changing", model: years });
  expect(made).toMatchObject({ name: `${parent}/models/changing`, version: 1n, etag: '"1"', ...kinds });
  expect(made?.features[0]).toMatchObject({ minMillionths: -1_000_000_000n, maxMillionths: 1_000_000_000n });
  const { features } = modelOf([skillOverlap]);
  const { model: changed } = await scoring.updateModel({ model: { ...made!, features } });
  expect(changed).toMatchObject({ version: 2n, features: [{ feature: "skill_overlap" }] });
  expect((await scoring.updateModel({ model: { ...changed! } })).model).toEqual(changed);
  expect((await scoring.getModel({ name: made!.name, version: 1n })).model).toEqual(made);
  expect((await scoring.getModel({ name: made!.name })).model).toEqual(changed);
  expect(await refusalOf(scoring.updateModel({ model: { ...made!, features } }))).toMatchObject({
    code: "Aborted",
    reason: "ETAG_MISMATCH",
  });
});

test("a repeated request_id gets the first answer; another body is refused", async () => {
  const { scoring } = app.operator;
  const requestId = "0199c3a0-2f0e-7c11-b0a4-6d1f2a3b4c5d";
  const request = { parent, modelId: "once", model: years, requestId };
  const first = await scoring.createModel(request);
  expect(await scoring.createModel(request)).toEqual(first);
  const reused = { code: "InvalidArgument", reason: "REQUEST_ID_REUSED" };
  expect(await refusalOf(scoring.createModel({ ...request, modelId: "other" }))).toMatchObject(reused);
  const { features } = modelOf([skillOverlap]);
  const change = { model: { ...first.model!, features }, requestId: "0199c3a0-2f0e-7c11-b0a4-6d1f2a3b4c5e" };
  const changed = await scoring.updateModel(change);
  expect(await scoring.updateModel(change)).toEqual(changed);
  expect(changed.model?.version).toBe(2n);
  const again = scoring.updateModel({ ...change, model: { ...first.model!, features: years.features } });
  expect(await refusalOf(again)).toMatchObject(reused);
});

test("models are listed by name", async () => {
  await app.operator.scoring.createModel({ parent, modelId: "a", model: years });
  const { models, nextPageToken } = await app.operator.scoring.listModels({ parent, pageSize: 1 });
  expect(models.map(({ name }) => name)).toEqual([`${parent}/models/a`]);
  expect(nextPageToken).not.toBe("");
});

const broken = [
  [
    "a word that the kind does not have",
    formula("x", "supply.height / 2"),
    "EXPRESSION_INVALID",
    ".expression",
  ],
  ["a personal attribute", formula("x", "size(supply.email)"), "PERSONAL_ATTRIBUTE_IN_RULE", ".expression"],
  ["what is no number", formula("x", "supply.years > 1"), "EXPRESSION_INVALID", ".expression"],
  [
    "bounds upside down",
    formula("x", "supply.years", { minMillionths: 5n, maxMillionths: 1n }),
    "FEATURE_INVALID",
    "",
  ],
  [
    "an overlap of what is no list",
    overlapOf("years", "skills"),
    "FEATURE_INVALID",
    ".overlap.supply_attribute",
  ],
  [
    "a score beyond 32 bits",
    formula("x", "supply.years", { weightMillionths: 1_000_000_000n }),
    "FEATURE_INVALID",
    "",
  ],
] as const;

test.each(broken)("refuses %s", async (_, feature, reason, path) => {
  const call = app.operator.scoring.createModel({ parent, modelId: "broken", model: modelOf([feature]) });
  const refusal = await refusalOf(call);
  expect(refusal).toMatchObject({ code: "InvalidArgument", reason, domain: "scoring.marketmesh" });
  const [field = ""] = refusal.fields;
  expect(field).toMatch(/^model\.features/);
  if (path !== "") expect(field).toBe(`model.features[0]${path}`);
});

test("refuses other kinds, another perspective, an id that is taken and what there is not", async () => {
  const { scoring } = app.operator;
  const name = `${parent}/models/taken`;
  const again = scoring.createModel({ parent, modelId: "taken", model: years });
  expect(await refusalOf(again)).toMatchObject({ code: "AlreadyExists", reason: "MODEL_ALREADY_EXISTS" });
  const turned = modelOf([], Model_Perspective.SUPPLY);
  const update = scoring.updateModel({ model: { ...turned, name, features: years.features } });
  expect(await refusalOf(update)).toMatchObject({ reason: "PERSPECTIVE_IMMUTABLE" });
  const moved = scoring.updateModel({ model: { ...years, name, supplyKind: `${parent}/kinds/other` } });
  expect(await refusalOf(moved)).toMatchObject({ reason: "KIND_IMMUTABLE" });
  const sides = scoring.createModel({
    parent,
    modelId: "x",
    model: { ...years, supplyKind: kinds.demandKind },
  });
  expect(await refusalOf(sides)).toMatchObject({ reason: "KIND_SIDE_INVALID" });
  const nobody = scoring.createModel({
    parent,
    modelId: "x",
    model: { ...years, supplyKind: `${parent}/kinds/x` },
  });
  expect(await refusalOf(nobody)).toMatchObject({ code: "NotFound", reason: "KIND_NOT_FOUND" });
  expect(await refusalOf(scoring.getModel({ name: `${parent}/models/x` }))).toMatchObject({
    code: "NotFound",
    reason: "MODEL_NOT_FOUND",
  });
  expect(await refusalOf(scoring.getStatistics({ name: `${parent}/statistics/x` }))).toMatchObject({
    code: "NotFound",
    reason: "STATISTICS_NOT_FOUND",
  });
});

test("statistics are frozen: equal counts change nothing, others are a new version", async () => {
  const { scoring } = app.operator;
  const put = async (id: string, skills: string[]) => {
    const [made] = await app.catalog.put("berlin", [{ id, kind: "candidate", attributes: { skills } }]);
    return [made!.revision];
  };
  const collect = async (revisions: string[]) =>
    (await scoring.collectStatistics({ ...skillStatistics, revisions })).statistics;
  const first = await collect(await put("ann", ["sql", "go"]));
  expect(first).toMatchObject({ version: 1n, documentCount: 1n, termCount: 2n });
  expect(first!.feedSeq).toBeGreaterThan(0n);
  expect(await collect([])).toEqual(first);
  const second = await collect(await put("bob", ["sql"]));
  expect(second).toMatchObject({ version: 2n, documentCount: 2n });
  expect((await scoring.getStatistics({ name: second!.name })).statistics).toEqual(second);
});

test.each([
  ["personal", "email"],
  ["a number", "years"],
  ["not declared", "height"],
])("statistics are not collected of an attribute that is %s", async (_, attribute) => {
  const attributes = [{ kind: kinds.supplyKind, attribute }];
  const call = app.operator.scoring.collectStatistics({ ...skillStatistics, attributes });
  expect(await refusalOf(call)).toMatchObject({ code: "InvalidArgument", reason: "ATTRIBUTE_INVALID" });
});

test("another market and parties change nothing", async () => {
  const paris = await app.as({ market: "paris" });
  const name = `${parent}/models/taken`;
  expect(await refusalOf(paris.scoring.getModel({ name }))).toMatchObject({ reason: "MARKET_MISMATCH" });
  const party = await app.as({ market: "berlin", party: "acme" });
  const inaccessible = { code: "PermissionDenied", reason: "RESOURCE_NOT_ACCESSIBLE" };
  for (const call of [
    party.scoring.createModel({ parent, modelId: "mine", model: years }),
    party.scoring.collectStatistics(skillStatistics),
    party.scoring.getModel({ name: `${parent}/models/absent` }),
  ]) {
    expect(await refusalOf(call)).toMatchObject(inaccessible);
  }
});
