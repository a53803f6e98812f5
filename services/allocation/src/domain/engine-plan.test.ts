import { buildGraph } from "@marketmesh/allocation-engine";
import { expect, test } from "vitest";
import { enginePlanOf, needsOwners, needsWaiting, roundSeed } from "./engine-plan.ts";
import type { SnapshotLevel } from "./round-snapshot.ts";

const graph = buildGraph({
  demandIds: ["d1", "d2"],
  demandCapacity: [1, 1],
  supplyIds: ["s1", "s2\nsector=a", "s2\nsector=b"],
  supplyCapacity: [1, 1, 1],
  edgeDemands: [0, 0, 1],
  edgeSupplies: [0, 1, 2],
  demandScores: [3, 2, 1],
  supplyScores: [3, 2, 1],
});
const level = (id: string, more: Partial<SnapshotLevel>): SnapshotLevel => ({
  ...{ id, ordinal: 0, epoch: 1, units: 1 },
  ...more,
});
const demands = [level("d1", { groups: { region: "north" }, waited: 60 }), level("d2", {})];
const supplies = [level("s1", { owner: "ann" }), level("s2", { owner: "bob" })];
const policy = { strategy: "GREEDY", proposing: "DEMAND", unitMode: "SPREAD" } as const;

test("groups are the demands' values and the owners, with those that nobody has but the plan names", () => {
  const limits = {
    groups: [
      { grouping: "supply/owner", unitsMax: 1 },
      { grouping: "demand/region", value: "south", unitsMax: 0 },
    ],
    exclusions: [],
    pins: [],
  };
  const plan = enginePlanOf({ ...policy, limits }, graph, demands, supplies, 7);
  expect(plan.groups).toEqual([
    { name: "demand/region", side: "DEMAND", values: ["north", "south"], of: Int32Array.of(0, -1) },
    { name: "supply/owner", side: "SUPPLY", values: ["ann", "bob"], of: Int32Array.of(0, 1, 1) },
  ]);
  expect(plan).toMatchObject({ strategy: "GREEDY", seed: 7, limits: { units: limits.groups } });
});

test("a pair of an exclusive supply is the node that the demand's group has; one that is not eligible is none", () => {
  const limits = {
    groups: [],
    exclusions: [
      { demand: "d2", supply: "s2" },
      { demand: "d2", supply: "s1" },
      { demand: "gone", supply: "s1" },
    ],
    pins: [{ demand: "d1", supply: "s2" }],
  };
  const plan = enginePlanOf({ ...policy, limits }, graph, demands, supplies, 0);
  expect(plan.limits).toMatchObject({
    exclusions: [{ demand: 1, supply: 2 }],
    pins: [{ demand: 0, supply: 1 }],
  });
});

test("waiting and owners are asked for where they count", () => {
  const byWait = { ...policy, strategy: "PER_DEMAND_GREEDY" } as const;
  expect(enginePlanOf(byWait, graph, demands, supplies, 0).waiting).toEqual(Float64Array.of(60, 0));
  expect(enginePlanOf(policy, graph, demands, supplies, 0).waiting).toBeUndefined();
  expect([needsWaiting(policy), needsWaiting({ ...policy, objective: { waitingBonusPerHour: 1 } })]).toEqual([
    false,
    true,
  ]);
  const bonus = { grouping: "demand/owner", value: "ann", bonus: 1 };
  expect([needsOwners(policy), needsOwners({ ...policy, objective: { groupBonuses: [bonus] } })]).toEqual([
    false,
    true,
  ]);
});

test("each round draws anew from the plan's seed, the same round the same", () => {
  expect(roundSeed(1, "a")).toBe(roundSeed(1, "a"));
  expect(new Set([roundSeed(1, "a"), roundSeed(1, "b"), roundSeed(2, "a")]).size).toBe(3);
  expect(Number.isSafeInteger(roundSeed(Number.MAX_SAFE_INTEGER, "a"))).toBe(true);
});
