import { connect, type Marketmesh } from "@marketmesh/client";
import { Eligibility_Verdict } from "@marketmesh/contracts/eligibility/v1";
import { standInCatalog } from "@marketmesh/listing-projection/testing";
import { type RunningServices, startServices } from "@marketmesh/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bindEligibility } from "../src/service.ts";

const catalog = standInCatalog();
let mesh: RunningServices;
let operator: Marketmesh;

beforeAll(async () => {
  mesh = await startServices([
    { name: "catalog", bind: catalog.bind },
    { name: "eligibility", bind: bindEligibility },
  ]);
  operator = connect({ endpoints: mesh.endpoints, token: await mesh.testToken() });
  const skills = { type: "array", items: { type: "string" } };
  await catalog.putKind("berlin", "candidate", "SUPPLY", { skills, years: { type: "number" } });
  await catalog.putKind("berlin", "job", "DEMAND", { skills, years: { type: "number" } });
});
afterAll(() => mesh?.close());

test("a policy finds the supply that satisfies it", async () => {
  const policy = {
    supplyKind: "markets/berlin/kinds/candidate",
    demandKind: "markets/berlin/kinds/job",
    rules: [
      { reason: "SKILLS_TOO_FEW", expression: "supply.skills.shared(demand.skills) >= 1" },
      { reason: "TOO_GREEN", expression: "supply.years >= demand.years" },
    ],
  };
  await operator.eligibility.createPolicy({ parent: "markets/berlin", policyId: "hiring", policy });
  const made = await catalog.put("berlin", [
    { id: "ann", kind: "candidate", attributes: { skills: ["sql"], years: 3 } },
    { id: "bob", kind: "candidate", attributes: { skills: ["go"], years: 9 } },
    { id: "cid", kind: "candidate", attributes: { skills: ["sql", "go"], years: 1 } },
    { id: "dba", kind: "job", attributes: { skills: ["sql"], years: 2 } },
  ]);
  expect(made).toHaveLength(4);
  const request = {
    policy: "markets/berlin/policies/hiring",
    demand: { subject: { case: "listing", value: "markets/berlin/listings/dba" } },
  } as const;
  await expect
    .poll(async () => (await operator.eligibility.listEligible(request)).supplies)
    .toEqual(["markets/berlin/listings/ann"]);
  const sets = [];
  for await (const answer of operator.eligibility.batchListEligible({
    policy: request.policy,
    demands: [request.demand.subject.value],
    funnels: true,
  }))
    sets.push(...answer.sets);
  expect(sets).toMatchObject([
    {
      demandVersion: 1n,
      funnel: { considered: 3, eligible: 1, steps: [{ remaining: 2 }, { remaining: 1 }] },
      supplies: { count: 1 },
    },
  ]);
  const { eligibility } = await operator.eligibility.checkEligibility({
    ...request,
    supply: { subject: { case: "listing", value: "markets/berlin/listings/cid" } },
  });
  expect(eligibility?.verdict).toBe(Eligibility_Verdict.INELIGIBLE);
});
