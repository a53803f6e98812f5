import { Listing_Audience, Listing_State } from "@marketmesh/contracts/catalog/v1";
import type { EligibleSet } from "@marketmesh/contracts/eligibility/v1";
import type { ListingInit } from "@marketmesh/listing-projection/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type EligibilityUnderTest,
  listing,
  membersOf,
  hiring as policy,
  policyOf,
  startEligibility,
} from "./mesh.ts";

const { PRIVATE, PARTIES } = Listing_Audience;
const name = (id: string) => `markets/berlin/listings/${id}`;
const one = (id: string, kind: string, over: Partial<ListingInit>): ListingInit => ({
  id,
  kind,
  attributes: { years: 5 },
  ...over,
});
const supplies = [
  one("market-open", "candidate", {}),
  one("market-hidden", "candidate", { audience: PRIVATE }),
  one("acme-open", "candidate", { owner: "acme" }),
  one("acme-hidden", "candidate", { owner: "acme", audience: PRIVATE }),
  one("zeta-open", "candidate", { owner: "zeta" }),
  one("zeta-hidden", "candidate", { owner: "zeta", audience: PRIVATE }),
  one("zeta-for-acme", "candidate", { owner: "zeta", audience: PARTIES, audienceParties: ["acme"] }),
];
const demands = [
  one("market-job", "job", {}),
  one("acme-job", "job", { owner: "acme" }),
  one("beta-job", "job", { owner: "beta" }),
  one("beta-for-acme", "job", { owner: "beta", audience: PARTIES, audienceParties: ["acme"] }),
  one("acme-secret", "job", { owner: "acme", audience: PRIVATE }),
];
/** By demand: the supplies that its owner may see and whose owners may see it. */
const pairs: Record<string, string[]> = {
  "market-job": supplies.map(({ id }) => id),
  "acme-job": ["market-open", "acme-open", "acme-hidden", "zeta-open", "zeta-for-acme"],
  "beta-job": ["market-open", "acme-open", "zeta-open"],
  "beta-for-acme": ["market-open", "acme-open"],
  "acme-secret": ["market-open", "acme-open", "acme-hidden"],
};

let app: EligibilityUnderTest;
let revisions: string[];
let ids: Map<number, string>;

beforeAll(async () => {
  app = await startEligibility();
  const rules = policyOf({ TOO_GREEN: "supply.years >= demand.years" });
  await app.operator.eligibility.createPolicy({
    parent: "markets/berlin",
    policyId: "hiring",
    policy: rules,
  });
  const paused = one("acme-paused", "job", { owner: "acme", audience: PRIVATE, state: Listing_State.PAUSED });
  const made = await app.catalog.put("berlin", [...supplies, ...demands, paused]);
  revisions = made.map(({ revision }) => revision);
  ids = new Map(supplies.map(({ id }, at) => [made[at]!.ordinal, id]));
});
afterAll(() => app?.[Symbol.asyncDispose]());

async function setsOf(asked: string[], client = app.operator): Promise<EligibleSet[]> {
  const sets: EligibleSet[] = [];
  const request = { policy, demands: asked.map(name), revisions, funnels: true };
  for await (const answer of client.eligibility.batchListEligible(request)) sets.push(...answer.sets);
  return sets;
}

const idsOf = (set: EligibleSet) => membersOf(set).map((ordinal) => ids.get(ordinal));

test("a decision considers only pairs whose owners may see each other's listings", async () => {
  const asked = Object.keys(pairs);
  const sets = await setsOf(asked);
  for (const [at, demand] of asked.entries()) {
    const expected = pairs[demand]!;
    expect(idsOf(sets[at]!), demand).toEqual(expected);
    const count = expected.length;
    expect(sets[at]!.funnel, demand).toMatchObject({ considered: count, eligible: count });
  }
});

test("a list, a funnel and the reverse question of market staff agree with the decision", async () => {
  const { eligibility } = app.operator;
  for (const [at, set] of (await setsOf(Object.keys(pairs))).entries()) {
    const demand = listing(Object.keys(pairs)[at]!);
    const listed = await eligibility.listEligible({ policy, demand, revisions });
    expect(listed.supplies).toEqual(
      idsOf(set)
        .map((id) => name(id!))
        .sort(),
    );
    expect((await eligibility.getFunnel({ policy, demand, revisions })).funnel).toEqual(set.funnel);
  }
  for (const { id } of supplies) {
    const { demands: found } = await eligibility.listDemand({ policy, supply: listing(id), revisions });
    const forward = Object.keys(pairs).filter((demand) => pairs[demand]!.includes(id));
    expect(found, id).toEqual(forward.map(name).sort());
  }
});

test("a party's own demand gets what a decision would consider, another's only what the party may see of it", async () => {
  const acme = await app.as({ market: "berlin", party: "acme" });
  const [secret, market] = await setsOf(["acme-secret", "market-job"], acme);
  expect(idsOf(secret!)).toEqual(pairs["acme-secret"]);
  expect(idsOf(market!)).toEqual(["market-open", "acme-open", "acme-hidden", "zeta-open", "zeta-for-acme"]);
});

test("a demand that is not active yet is asked about as if it were", async () => {
  const acme = await app.as({ market: "berlin", party: "acme" });
  for (const { eligibility } of [app.operator, acme]) {
    const demand = listing("acme-paused");
    const { supplies: found } = await eligibility.listEligible({ policy, demand, revisions });
    expect(found).toEqual(pairs["acme-secret"]!.map(name).sort());
  }
});
