/** How far a role or a token reaches. */
export type Reach = "PLATFORM" | "MARKET" | "PARTY";

export interface Role {
  readonly id: string;
  readonly description: string;
  readonly reach: Reach;
  /** Each exact, or ending in `.*`, or `*`. */
  readonly permissions: readonly string[];
}

const readsOfMarket = [
  "allocation.allocations.read",
  "allocation.capacity.read",
  "allocation.clock.read",
  "allocation.decisionLogSettings.read",
  "allocation.decisions.export",
  "allocation.decisions.read",
  "allocation.explanations.read",
  "allocation.holds.read",
  "allocation.offers.read",
  "allocation.plans.read",
  "allocation.rounds.read",
  "allocation.waitlist.read",
  "catalog.kinds.read",
  "catalog.listings.export",
  "catalog.listings.read",
  "eligibility.policies.read",
  "eligibility.verdicts.read",
  "fulfillment.runs.read",
  "fulfillment.tasks.read",
  "fulfillment.workflows.read",
  "identity.apiKeys.read",
  "identity.audit.read",
  "identity.erasures.read",
  "identity.grants.read",
  "identity.issuers.read",
  "identity.markets.read",
  "identity.parties.read",
  "identity.serviceAccounts.read",
  "scoring.models.read",
  "scoring.scores.read",
];

/** The roles of the product, by id. A test checks every permission here against the policies of all methods. */
export const roles: readonly Role[] = [
  {
    id: "marketAdmin",
    description: "Runs one market: everything within it but the keys of its parties.",
    reach: "MARKET",
    permissions: [
      "allocation.*",
      "catalog.*",
      "eligibility.*",
      "fulfillment.*",
      "identity.apiKeys.*",
      "identity.audit.read",
      "identity.erasures.read",
      "identity.grants.*",
      "identity.issuers.*",
      "identity.markets.read",
      "identity.markets.update",
      "identity.parties.*",
      "identity.serviceAccounts.*",
      "identity.tokens.delegate",
      "scoring.*",
    ],
  },
  {
    id: "marketReader",
    description: "Staff of one market who look but change nothing; personal attributes stay hidden.",
    reach: "MARKET",
    permissions: readsOfMarket,
  },
  {
    id: "operator",
    description: "Operates the mesh: everything, in every market.",
    reach: "PLATFORM",
    permissions: ["*"],
  },
  {
    id: "party",
    description: "Takes part: its own listings, the offers made to it, and what the market shows to it.",
    reach: "PARTY",
    permissions: [
      "allocation.allocations.read",
      "allocation.capacity.read",
      "allocation.clock.read",
      "allocation.explanations.read",
      "allocation.offers.answer",
      "allocation.offers.counter",
      "allocation.offers.read",
      "allocation.waitlist.join",
      "allocation.waitlist.read",
      "catalog.kinds.read",
      "catalog.listings.create",
      "catalog.listings.export",
      "catalog.listings.import",
      "catalog.listings.read",
      "catalog.listings.update",
      "eligibility.policies.read",
      "eligibility.verdicts.read",
      "fulfillment.tasks.complete",
      "fulfillment.tasks.read",
      "identity.markets.read",
      "identity.parties.read",
      "identity.parties.update",
    ],
  },
  {
    id: "service",
    description: "A service of the mesh: what services need of each other, and what workflows call.",
    reach: "PLATFORM",
    permissions: [
      "allocation.allocations.read",
      "allocation.capacity.*",
      "allocation.clock.read",
      "allocation.decisions.read",
      "allocation.explanations.read",
      "allocation.holds.read",
      "allocation.offers.read",
      "allocation.plans.read",
      "allocation.rounds.create",
      "allocation.rounds.read",
      "catalog.kinds.read",
      "catalog.listings.export",
      "catalog.listings.read",
      "eligibility.*",
      "events.*",
      "fulfillment.runs.read",
      "fulfillment.runs.signal",
      "fulfillment.runs.start",
      "fulfillment.tasks.create",
      "fulfillment.tasks.read",
      "identity.parties.read",
      "identity.partyKeys.read",
      "scoring.*",
    ],
  },
];

const byId = new Map(roles.map((role) => [role.id, role]));

export function roleOf(id: string): Role | undefined {
  return byId.get(id);
}
