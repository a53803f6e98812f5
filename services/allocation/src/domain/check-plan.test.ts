import { expect, test } from "vitest";
import { flawOf } from "./check-plan.ts";
import { needsNewRelease, type PlanInput, withDefaults } from "./plan.ts";

const plain: PlanInput = {
  demandKind: "want",
  supplyKind: "tool",
  policy: "fit",
  demandModel: "liking",
  supplyModel: "",
  answeredBy: undefined,
};
const pair = { demand: "d", supply: "s" };
const groups = (...names: string[]) => names.map((grouping) => ({ grouping, unitsMax: 1 }));
const none = { groups: [], exclusions: [], pins: [] };
const offers = { backfillWavesMax: 1, overOfferPerUnit: 1, counterRoundsMax: 0, waitlist: false };
const over = { ...offers, overOfferPerUnit: 2 };
const share = { grouping: "demand/region", value: "north", unitsMin: 2 };

test.each<{ name: string; input: Partial<PlanInput>; field: string }>([
  {
    name: "all units, stable",
    input: { unitMode: "WHOLE", strategy: "DEFERRED_ACCEPTANCE" },
    field: "plan.strategy",
  },
  { name: "all units, fair", input: { unitMode: "WHOLE", strategy: "FAIR" }, field: "plan.strategy" },
  { name: "one kind", input: { supplyKind: "want" }, field: "plan.supply_kind" },
  { name: "nobody to learn from", input: { strategy: "EXPECTED" }, field: "plan.answered_by" },
  { name: "offers that nobody answers", input: { offers }, field: "plan.offers" },
  {
    name: "all units, over-offered",
    input: { offers: over, unitMode: "WHOLE", answeredBy: "SUPPLY" },
    field: "plan.offers.over_offer_per_unit",
  },
  {
    name: "over-offers that the demand answers",
    input: { offers: over, answeredBy: "DEMAND" },
    field: "plan.offers.over_offer_per_unit",
  },
  {
    name: "a pair excluded twice",
    input: { limits: { ...none, exclusions: [pair, pair] } },
    field: "plan.limits.exclusions[1]",
  },
  {
    name: "a pair excluded and pinned",
    input: { limits: { ...none, exclusions: [pair], pins: [pair] } },
    field: "plan.limits.pins[0]",
  },
  {
    name: "a group limited twice",
    input: { limits: { ...none, groups: groups("supply/owner", "supply/owner") } },
    field: "plan.limits.groups[1]",
  },
  {
    name: "rounds planned that nobody holds back for",
    input: { strategy: "OPTIMAL", plannedRounds: 50 },
    field: "plan.planned_rounds",
  },
  { name: "fair without shares", input: { strategy: "FAIR" }, field: "plan.shares" },
  { name: "shares of no use", input: { strategy: "GREEDY", shares: [share] }, field: "plan.shares" },
  { name: "a share twice", input: { strategy: "FAIR", shares: [share, share] }, field: "plan.shares[1]" },
  {
    name: "a share's most below its least",
    input: { strategy: "FAIR", shares: [{ ...share, unitsMax: 1 }] },
    field: "plan.shares[0].units_max",
  },
  {
    name: "few that wait for ever",
    input: { batching: { mode: "CONTINUOUS", intervalMs: 1_000, minimumDemands: 2 } },
    field: "plan.batching.maximum_wait",
  },
])("refuses $name", ({ input, field }) => {
  expect(flawOf(withDefaults({ ...plain, ...input }))?.field).toBe(field);
});

test.each<Partial<PlanInput>>([
  {},
  { unitMode: "WHOLE" },
  { unitMode: "WHOLE", strategy: "OPTIMAL" },
  { strategy: "EXPECTED", answeredBy: "SUPPLY" },
  { strategy: "FAIR", shares: [share, { ...share, value: "south" }] },
  {
    limits: {
      groups: groups("supply/owner", "demand/owner"),
      exclusions: [pair],
      pins: [{ ...pair, demand: "e" }],
    },
  },
  { batching: { mode: "CONTINUOUS", intervalMs: 1_000, minimumDemands: 1 } },
])("takes %j", (input) => {
  expect(flawOf(withDefaults({ ...plain, ...input }))).toBeUndefined();
});

test.each<{ input: Partial<PlanInput>; newer: boolean }>([
  { input: {}, newer: false },
  { input: { strategy: "GREEDY", batching: { mode: "SCHEDULED", intervalMs: 1_000 } }, newer: false },
  { input: { strategy: "OPTIMAL" }, newer: true },
  { input: { limits: none }, newer: true },
  { input: { approvalWindowMs: 1_000 }, newer: true },
  { input: { offers, answeredBy: "SUPPLY" }, newer: true },
])("release 0.3.0 keeps its hands off what it would decide otherwise: $input", ({ input, newer }) => {
  expect(needsNewRelease(withDefaults({ ...plain, ...input }))).toBe(newer);
});
