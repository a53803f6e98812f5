import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Listing_Audience, Listing_State } from "@marketmesh/contracts/catalog/v1";
import { Eligibility_Verdict, type EligibleSet } from "@marketmesh/contracts/eligibility/v1";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type EligibilityUnderTest,
  inline,
  listing,
  membersOf,
  hiring as policy,
  policyOf,
  refusalOf,
  startEligibility,
} from "./mesh.ts";

let app: EligibilityUnderTest;
let revisions: string[];
const name = (id: string) => `markets/berlin/listings/${id}`;
const tongues = ["sql", "go", "rust", "c"];

beforeAll(async () => {
  app = await startEligibility();
  const rules = {
    SKILLS_TOO_FEW: "supply.skills.shared(demand.skills) >= 1",
    TOO_GREEN: "supply.years >= demand.years",
  };
  const parent = "markets/berlin";
  await app.operator.eligibility.createPolicy({ parent, policyId: "hiring", policy: policyOf(rules) });
  const timed = policyOf({ FREE_TOO_LATE: "supply.free_from <= now" });
  await app.operator.eligibility.createPolicy({ parent, policyId: "timed", policy: timed });
  const made = await app.catalog.put("berlin", [
    { id: "ann", kind: "candidate", attributes: { skills: ["sql"], years: 3 } },
    { id: "bob", kind: "candidate", attributes: { skills: ["go"], years: 9 } },
    { id: "cid", kind: "candidate", attributes: { skills: ["sql", "go"], years: 1 } },
    { id: "dan", kind: "candidate", attributes: { skills: ["sql"] }, state: Listing_State.PAUSED },
    {
      id: "eve",
      kind: "candidate",
      attributes: { skills: ["c"], years: 5 },
      owner: "acme",
      audience: Listing_Audience.PRIVATE,
    },
    {
      id: "fay",
      kind: "candidate",
      attributes: { skills: ["c"], years: 5 },
      owner: "zeta",
      audience: Listing_Audience.PRIVATE,
    },
    {
      id: "gus",
      kind: "candidate",
      attributes: { skills: ["c"], years: 5 },
      owner: "zeta",
      audience: Listing_Audience.PARTIES,
      audienceParties: ["acme"],
    },
    { id: "dba", kind: "job", attributes: { skills: ["sql"], years: 2 } },
    { id: "c-job", kind: "job", attributes: { skills: ["c"], years: 2 } },
    { id: "over", kind: "job", attributes: { skills: ["sql"], years: 2 }, state: Listing_State.CLOSED },
    {
      id: "secret",
      kind: "job",
      attributes: { skills: ["sql"], years: 2 },
      owner: "zeta",
      audience: Listing_Audience.PRIVATE,
    },
  ]);
  revisions = made.map(({ revision }) => revision);
});
afterAll(() => app?.[Symbol.asyncDispose]());

async function setsOf(demands: string[], client = app.operator, funnels = false): Promise<EligibleSet[]> {
  const sets: EligibleSet[] = [];
  const request = { policy, demands: demands.map(name), revisions, funnels };
  for await (const answer of client.eligibility.batchListEligible(request)) sets.push(...answer.sets);
  return sets;
}

test("one verdict says which rules fail, with what they read", async () => {
  const request = { policy, supply: listing("cid"), demand: listing("dba"), revisions };
  const { eligibility } = await app.operator.eligibility.checkEligibility(request);
  expect(eligibility).toMatchObject({
    verdict: Eligibility_Verdict.INELIGIBLE,
    failedRules: [{ reason: "TOO_GREEN", expression: "supply.years >= demand.years", missingAttributes: [] }],
    policyVersion: 1n,
    supplyVersion: 1n,
    demandVersion: 1n,
  });
  expect(eligibility?.failedRules[0]?.values["supply.years"]?.kind).toEqual({
    case: "numberValue",
    value: 1,
  });
  const paused = await app.operator.eligibility.checkEligibility({ ...request, supply: listing("dan") });
  expect(paused.eligibility?.failedRules).toMatchObject([{ missingAttributes: ["supply.years"] }]);
});

test("either side may be bare attributes, which are checked against the kind", async () => {
  const { eligibility } = app.operator;
  const supply = inline({ skills: ["sql"], years: 4 });
  const answer = await eligibility.checkEligibility({ policy, supply, demand: listing("dba"), revisions });
  expect(answer.eligibility).toMatchObject({ verdict: Eligibility_Verdict.ELIGIBLE, supplyVersion: 0n });
  const wrong = inline({ years: "4", height: 2, email: "a@b.c" });
  expect(
    await refusalOf(eligibility.checkEligibility({ policy, supply: wrong, demand: inline({}) })),
  ).toMatchObject({
    code: "InvalidArgument",
    reason: "ATTRIBUTE_INVALID",
    fields: ["supply.attributes.height", "supply.attributes.email", "supply.attributes.years"],
  });
  expect(await eligibility.listEligible({ policy, demand: inline({}), revisions })).toMatchObject({
    totalSize: 0,
  });
});

test("a recorded verdict is recomputed at its versions", async () => {
  const before = { id: "moving", kind: "candidate", attributes: { skills: ["sql"], years: 1 } };
  await app.catalog.put("berlin", [before]);
  const [now] = await app.catalog.put("berlin", [{ ...before, attributes: { skills: ["sql"], years: 8 } }]);
  const request = { policy, supply: listing("moving"), demand: listing("dba"), revisions: [now!.revision] };
  const { eligibility } = app.operator;
  const current = await eligibility.checkEligibility(request);
  expect(current.eligibility).toMatchObject({ verdict: Eligibility_Verdict.ELIGIBLE, supplyVersion: 2n });
  const recorded = await eligibility.checkEligibility({ ...request, supplyVersion: 1n });
  expect(recorded.eligibility).toMatchObject({ verdict: Eligibility_Verdict.INELIGIBLE, supplyVersion: 1n });
  expect(await refusalOf(eligibility.checkEligibility({ ...request, supplyVersion: 7n }))).toMatchObject({
    code: "NotFound",
    reason: "LISTING_VERSION_NOT_FOUND",
  });
  const [gone] = await app.catalog.put("berlin", [{ ...before, state: Listing_State.CLOSED }]);
  revisions.push(gone!.revision);
});

test("sets carry kind, epoch and position, and funnels count each rule", async () => {
  const [set, absent, over] = await setsOf(["dba", "nobody", "over"], app.operator, true);
  expect(set).toMatchObject({
    demand: name("dba"),
    demandVersion: 1n,
    policyVersion: 1n,
    supplies: { kind: "markets/berlin/kinds/candidate", ordinalEpoch: 1n, count: 1 },
    absenceReason: "",
  });
  expect(set!.supplies!.feedSeq).toBeGreaterThan(0n);
  expect(absent).toMatchObject({ absenceReason: "LISTING_NOT_FOUND" });
  expect(absent?.supplies).toBeUndefined();
  expect(over).toMatchObject({ absenceReason: "LISTING_NOT_ACTIVE" });
  const { funnel } = await app.operator.eligibility.getFunnel({ policy, demand: listing("dba"), revisions });
  expect(funnel).toEqual(set!.funnel);
  expect(funnel).toMatchObject({
    considered: 6,
    steps: [
      { reason: "SKILLS_TOO_FEW", remaining: 2 },
      { reason: "TOO_GREEN", remaining: 1 },
    ],
    eligible: 1,
  });
});

test("a party is shown only what it may see", async () => {
  const acme = await app.as({ market: "berlin", party: "acme" });
  const list = async (client: typeof acme) =>
    (await client.eligibility.listEligible({ policy, demand: listing("c-job"), revisions })).supplies;
  expect(await list(app.operator)).toEqual(["eve", "fay", "gus"].map(name));
  expect(await list(acme)).toEqual(["eve", "gus"].map(name));
  const [seen, secret, over] = await setsOf(["c-job", "secret", "over"], acme);
  expect(membersOf(seen!)).toHaveLength(2);
  expect([secret?.absenceReason, over?.absenceReason]).toEqual(["LISTING_NOT_FOUND", "LISTING_NOT_FOUND"]);
  for (const hidden of ["fay", "nobody"]) {
    const call = acme.eligibility.checkEligibility({
      policy,
      supply: listing(hidden),
      demand: listing("dba"),
    });
    expect(await refusalOf(call)).toMatchObject({
      code: "PermissionDenied",
      reason: "RESOURCE_NOT_ACCESSIBLE",
    });
  }
  const demands = await acme.eligibility.listDemand({ policy, supply: listing("ann"), revisions });
  expect(demands.demands).toEqual([name("dba")]);
  const own = await acme.eligibility.checkEligibility({
    policy,
    supply: listing("eve"),
    demand: listing("c-job"),
  });
  expect(own.eligibility?.verdict).toBe(Eligibility_Verdict.ELIGIBLE);
});

test("the reverse question agrees with asking pair by pair", async () => {
  const made = await app.catalog.put(
    "berlin",
    Array.from({ length: 60 }, (_, at) => ({
      id: `r-${String(at).padStart(2, "0")}`,
      kind: at % 2 === 0 ? "candidate" : "job",
      attributes: { skills: tongues.filter((_, bit) => (at * 7) & (1 << bit)), years: at % 5 },
    })),
  );
  const revisions = [made.at(-1)!.revision];
  const { eligibility } = app.operator;
  for (const at of ["r-02", "r-04", "r-26", "r-58"]) {
    const supply = listing(at);
    const { demands, totalSize } = await eligibility.listDemand({ policy, supply, revisions });
    const one = await eligibility.listDemand({ policy, supply, pageSize: 1 });
    expect(one.demands).toEqual(demands.slice(0, 1));
    expect(totalSize).toBe(demands.length);
    const forward: string[] = [];
    for (const { name: demand } of made.filter(({ kind }) => kind.endsWith("/job"))) {
      const pair = { policy, supply, demand: { subject: { case: "listing", value: demand } } } as const;
      const { eligibility: verdict } = await eligibility.checkEligibility(pair);
      if (verdict?.verdict === Eligibility_Verdict.ELIGIBLE) forward.push(demand);
    }
    expect(demands.filter((demand) => demand.includes("/r-"))).toEqual(forward.sort());
  }
});

test("pages of eligible supply add up to the whole, by id", async () => {
  const { eligibility } = app.operator;
  const all = await eligibility.listEligible({
    policy,
    demand: inline({ skills: tongues, years: 0 }),
    revisions,
  });
  const seen: string[] = [];
  for (let pageToken = ""; ; ) {
    const request = { policy, demand: inline({ skills: tongues, years: 0 }), pageSize: 3, pageToken };
    const page = await eligibility.listEligible(request);
    seen.push(...page.supplies);
    pageToken = page.nextPageToken;
    if (pageToken === "") break;
  }
  expect(seen).toEqual(all.supplies);
  expect(all.totalSize).toBe(seen.length);
});

test("a rule that reads now needs to be told when that is", async () => {
  const asked = { policy: "markets/berlin/policies/timed", demand: inline({}) };
  const supply = inline({ free_from: "2026-05-01T00:00:00Z" });
  const { eligibility } = app.operator;
  expect(await refusalOf(eligibility.checkEligibility({ ...asked, supply }))).toMatchObject({
    code: "InvalidArgument",
    reason: "DECISION_TIME_REQUIRED",
  });
  const at = async (time: string) => {
    const decisionTime = timestampFromDate(new Date(time));
    return (await eligibility.checkEligibility({ ...asked, supply, decisionTime })).eligibility;
  };
  expect((await at("2026-05-02T00:00:00Z"))?.verdict).toBe(Eligibility_Verdict.ELIGIBLE);
  const early = await at("2026-04-30T00:00:00Z");
  expect(early?.failedRules[0]?.values["supply.free_from"]?.kind.value).toBe("2026-05-01T00:00:00.000Z");
});

test("refuses a listing or a policy that there is not, and a revision that nobody gave", async () => {
  const { eligibility } = app.operator;
  const pair = { policy, supply: inline({}), demand: listing("nobody") };
  expect(await refusalOf(eligibility.checkEligibility(pair))).toMatchObject({
    code: "NotFound",
    reason: "LISTING_NOT_FOUND",
  });
  const absent = { policy: "markets/berlin/policies/absent", demand: inline({}) };
  expect(await refusalOf(eligibility.listEligible(absent))).toMatchObject({ reason: "POLICY_NOT_FOUND" });
  const odd = { policy, demand: inline({}), revisions: ["odd"] };
  expect(await refusalOf(eligibility.listEligible(odd))).toMatchObject({
    code: "InvalidArgument",
    reason: "REVISION_INVALID",
    fields: ["revisions[0]"],
  });
});
