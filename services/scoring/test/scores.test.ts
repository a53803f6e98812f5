import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Listing_Audience, Listing_State } from "@marketmesh/contracts/catalog/v1";
import { Model_Perspective } from "@marketmesh/contracts/scoring/v1";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  formula,
  inline,
  listing,
  modelOf,
  parent,
  rankingsOf,
  refusalOf,
  type ScoringUnderTest,
  setOf,
  skillOverlap,
  skillStatistics,
  startScoring,
} from "./mesh.ts";

let app: ScoringUnderTest;
let revisions: string[];
const model = (id: string) => `${parent}/models/${id}`;
const name = (id: string) => `${parent}/listings/${id}`;

beforeAll(async () => {
  app = await startScoring();
  const { scoring } = app.operator;
  const create = (modelId: string, made: ReturnType<typeof modelOf>) =>
    scoring.createModel({ parent, modelId, model: made });
  await create("rare", modelOf([skillOverlap]));
  await create("years", modelOf([formula("years", "supply.years"), formula("bonus", "1")]));
  await create("pay", modelOf([formula("wanted", "demand.years - supply.years")], Model_Perspective.SUPPLY));
  await create("timed", modelOf([formula("later", "now > timestamp('2026-01-01T00:00:00Z') ? 1 : 0")]));
  const made = await app.catalog.put("berlin", [
    { id: "ann", kind: "candidate", attributes: { skills: ["sql"], years: 2 } },
    { id: "bob", kind: "candidate", attributes: { skills: ["rust"], years: 2 } },
    { id: "cid", kind: "candidate", attributes: { skills: ["sql", "rust"], years: 7 } },
    {
      id: "eve",
      kind: "candidate",
      attributes: { years: 9 },
      owner: "zeta",
      audience: Listing_Audience.PRIVATE,
    },
    { id: "dba", kind: "job", attributes: { skills: ["sql", "rust"], years: 5 } },
    { id: "sqler", kind: "job", attributes: { skills: ["sql"], years: 1 } },
    { id: "over", kind: "job", attributes: {}, state: Listing_State.CLOSED },
  ]);
  revisions = made.map(({ revision }) => revision);
});
afterAll(() => app?.[Symbol.asyncDispose]());

test("a model that weighs by rarity waits for statistics, and scores what needs none before", async () => {
  const { scoring } = app.operator;
  const probe = { model: model("rare"), pairs: [{ supply: inline({}), demand: inline({}) }], revisions };
  expect(await scoring.scorePairs(probe)).toMatchObject({
    scores: [{ score: 0, contributions: [{ feature: "skill_overlap", missing: true }] }],
    statisticsVersion: 0n,
  });
  const uncounted = {
    code: "FailedPrecondition",
    reason: "STATISTICS_NOT_COLLECTED",
    metadata: { feature: "skill_overlap", supplyAttribute: "skills", demandAttribute: "skills" },
  };
  const pair = { model: model("rare"), pairs: [{ supply: listing("ann"), demand: listing("dba") }] };
  expect(await refusalOf(scoring.scorePairs(pair))).toMatchObject(uncounted);
  const candidates = [{ demand: name("dba"), supplies: setOf([0, 1, 2]) }];
  const asked = { demandModel: model("rare"), candidates, topK: 2, names: true, contributions: true };
  expect(await refusalOf(rankingsOf(app.operator, asked))).toMatchObject(uncounted);

  const { statistics } = await scoring.collectStatistics({ ...skillStatistics, revisions });
  expect(statistics).toMatchObject({ version: 1n, documentCount: 6n, termCount: 2n });
  const [ranking] = await rankingsOf(app.operator, asked);
  // sql is in 4 of 6 documents, rust in 3: ln 2 of ln 2 + ln 1.5.
  expect(ranking).toMatchObject({
    supplies: ["cid", "bob"].map(name),
    ordinals: [2, 1],
    demandScores: [1_000_000, 630_929],
    candidateCount: 3,
  });
  const { scores, statisticsVersion } = await scoring.scorePairs({
    model: model("rare"),
    pairs: [{ supply: listing("bob"), demand: listing("dba") }],
  });
  expect(statisticsVersion).toBe(1n);
  expect(scores[0]).toEqual(ranking!.scores[1]);
});

test("contributions add up to the score", async () => {
  const pairs = [{ supply: inline({ years: 3 }), demand: inline({}) }];
  const { scores } = await app.operator.scoring.scorePairs({ model: model("years"), pairs });
  expect(scores[0]).toMatchObject({
    score: 4_000_000,
    contributions: [
      { feature: "years", contributionMillionths: 3_000_000n },
      { feature: "bonus", contributionMillionths: 1_000_000n },
    ],
  });
});

test("ranking leaves out what is excluded, goes on after what was skipped, and breaks ties by id", async () => {
  const ranked = async (over: object, top = {}) => {
    const candidates = [{ demand: name("dba"), supplies: setOf([0, 1, 2, 3, 77]), ...over }];
    const request = { demandModel: model("years"), candidates, topK: 10, names: true, revisions, ...top };
    return (await rankingsOf(app.operator, request))[0]!;
  };
  const all = await ranked({});
  expect(all.supplies).toEqual(["eve", "cid", "ann", "bob"].map(name));
  expect(all.candidateCount).toBe(4);
  expect((await ranked({ skip: 2 })).supplies).toEqual(["ann", "bob"].map(name));
  expect((await ranked({ exclude: setOf([0]) }, { exclude: setOf([2]) })).supplies).toEqual(
    ["eve", "bob"].map(name),
  );
  expect((await ranked({}, { topK: 1 })).supplies).toEqual([name("eve")]);
});

test("at most 1,000 of a ranking are explained", async () => {
  const candidates = [{ demand: name("dba"), supplies: setOf([0]) }];
  const asked = { demandModel: model("years"), candidates, contributions: true };
  expect(await rankingsOf(app.operator, { ...asked, topK: 1_000 })).toHaveLength(1);
  expect(await refusalOf(rankingsOf(app.operator, { ...asked, topK: 1_001 }))).toMatchObject({
    code: "InvalidArgument",
    fields: ["top_k"],
  });
});

test("the other side's view comes along, in the same order", async () => {
  const candidates = [{ demand: name("dba"), supplies: setOf([0, 1, 2]) }];
  const asked = { demandModel: model("years"), supplyModel: model("pay"), candidates, topK: 3, revisions };
  const [ranking] = await rankingsOf(app.operator, asked);
  expect(ranking).toMatchObject({ ordinals: [2, 0, 1], supplyScores: [-2_000_000, 3_000_000, 3_000_000] });
  const turned = { ...asked, demandModel: model("pay"), supplyModel: model("years") };
  expect(await refusalOf(rankingsOf(app.operator, turned))).toMatchObject({ reason: "MODEL_MISMATCH" });
});

test("a demand that cannot be ranked says why, in its place", async () => {
  const candidates = ["nobody", "over", "dba"].map((id) => ({ demand: name(id), supplies: setOf([0]) }));
  const rankings = await rankingsOf(app.operator, {
    demandModel: model("years"),
    candidates,
    topK: 1,
    revisions,
  });
  expect(rankings.map(({ demand, absenceReason }) => [demand, absenceReason])).toEqual([
    [name("nobody"), "LISTING_NOT_FOUND"],
    [name("over"), "LISTING_NOT_ACTIVE"],
    [name("dba"), ""],
  ]);
});

test("a party is ranked only what it may see", async () => {
  const acme = await app.as({ market: "berlin", party: "acme" });
  const candidates = ["dba", "over"].map((demand) => ({
    demand: name(demand),
    supplies: setOf([0, 1, 2, 3]),
  }));
  const asked = { demandModel: model("years"), candidates, topK: 9, names: true, revisions };
  const [ranking, over] = await rankingsOf(acme, asked);
  expect(ranking!.supplies).toEqual(["cid", "ann", "bob"].map(name));
  expect(over!.absenceReason).toBe("LISTING_NOT_FOUND");
  const pairs = [{ supply: listing("eve"), demand: inline({}) }];
  expect(await refusalOf(acme.scoring.scorePairs({ model: model("years"), pairs }))).toMatchObject({
    code: "PermissionDenied",
    reason: "RESOURCE_NOT_ACCESSIBLE",
  });
});

test.each([
  ["of another kind", { ...setOf([0]), kind: `${parent}/kinds/job` }, "InvalidArgument", "SET_INVALID"],
  ["whose bytes are cut short", { ...setOf([0]), count: 2 }, "InvalidArgument", "SET_INVALID"],
  ["whose bytes do not ascend", setOf([2, 1]), "InvalidArgument", "SET_INVALID"],
  ["of another epoch", { ...setOf([0]), ordinalEpoch: 2n }, "FailedPrecondition", "ORDINAL_EPOCH_MISMATCH"],
])("refuses a set %s", async (_, supplies, code, reason) => {
  const candidates = [{ demand: name("dba"), supplies }];
  const call = rankingsOf(app.operator, { demandModel: model("years"), candidates, topK: 1, revisions });
  expect(await refusalOf(call)).toMatchObject({ code, reason });
});

test("a set that is newer than the listings here is waited for, until the deadline", async () => {
  const candidates = [{ demand: name("dba"), supplies: setOf([0], 1_000_000n) }];
  const request = { demandModel: model("years"), candidates, topK: 1 };
  const refusalWithin = (timeoutMs: number) =>
    refusalOf(app.operator.scoring.rank(request, { timeoutMs })[Symbol.asyncIterator]().next());
  // A fifth of the time is kept for the answer, which is little on a busy machine.
  let refusal = await refusalWithin(800);
  for (const timeoutMs of [4_000, 20_000])
    if (refusal.code === "DeadlineExceeded") refusal = await refusalWithin(timeoutMs);
  expect(refusal).toMatchObject({ code: "Unavailable", reason: "NOT_CAUGHT_UP" });
});

test("a feature that reads now needs to be told when that is", async () => {
  const request = { model: model("timed"), pairs: [{ supply: inline({}), demand: inline({}) }] };
  const { scoring } = app.operator;
  expect(await refusalOf(scoring.scorePairs(request))).toMatchObject({ reason: "DECISION_TIME_REQUIRED" });
  const decisionTime = timestampFromDate(new Date("2026-02-01T00:00:00Z"));
  expect((await scoring.scorePairs({ ...request, decisionTime })).scores[0]?.score).toBe(1_000_000);
});

test("refuses inline attributes that do not fit the kind, by pair", async () => {
  const pairs = [
    { supply: inline({}), demand: inline({}) },
    { supply: inline({ years: "2" }), demand: inline({}) },
  ];
  expect(await refusalOf(app.operator.scoring.scorePairs({ model: model("years"), pairs }))).toMatchObject({
    reason: "ATTRIBUTE_INVALID",
    fields: ["pairs[1].supply.attributes.years"],
  });
});
