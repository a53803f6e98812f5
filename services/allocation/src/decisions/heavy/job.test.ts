import { gzipSync } from "node:zlib";
import { buildGraph, EngineError, type Packing } from "@marketmesh/allocation-engine";
import { expect, test } from "vitest";
import { packGraph } from "../../domain/packed-graph.ts";
import type { PlanContent } from "../../domain/plan.ts";
import type { SnapshotLevel } from "../../domain/round-snapshot.ts";
import { engineTools } from "../../solver/engine-tools.ts";
import { type Job, workOn } from "./job.ts";
import { type RoundRecord, solveAgain, unpackRound } from "./recorded-round.ts";

const plan: PlanContent = {
  ...{ demandKind: "want", supplyKind: "tool", policy: "fit", demandModel: "liking", supplyModel: "" },
  ...{ strategy: "GREEDY", proposing: "DEMAND", topK: 50, unitMode: "SPREAD", answeredBy: "SUPPLY" },
  acceptanceWindowMs: 3_600_000,
};

/** Three demands and four supplies; the best pair of all stands in the way of the best whole. */
const graph = buildGraph({
  demandIds: ["a", "b", "c"],
  demandCapacity: [1, 1, 2],
  supplyIds: ["s", "t", "u\ngroup=x", "v"],
  supplyCapacity: [1, 1, 1, 1],
  edgeDemands: [0, 0, 1, 2, 2],
  edgeSupplies: [0, 1, 0, 2, 3],
  demandScores: [900, 800, 700, 500, 400],
  supplyScores: [1, 2, 3, 4, 5],
});
const level = (id: string, units: number, groups?: Record<string, string>): SnapshotLevel => ({
  ...{ id, ordinal: 0, epoch: 1, units },
  ...(groups && { groups }),
});
const levels = {
  demands: [level("a", 1, { region: "north" }), level("b", 1, { region: "south" }), level("c", 2)],
  supplies: ["s", "t", "u", "v"].map((id) => level(id, 1)),
};

function recordOf(decided: PlanContent, chosen?: readonly number[]): RoundRecord {
  const zip = (value: unknown) => gzipSync(JSON.stringify(value));
  const pack = (edges: Uint32Array) => gzipSync(packGraph({ graph, chosen: edges, extra: {} }));
  const record = {
    ...{ round: "r", plan: decided, demands: zip(levels.demands), supplies: zip(levels.supplies) },
    graph: pack(Uint32Array.from(chosen ?? [])),
  };
  if (chosen) return record;
  const { solution } = solveAgain(unpackRound(record), decided);
  return { ...record, graph: pack(solution.assignment.edges) };
}

const one = <J extends Job>(job: J) => [...workOn(job)][0] as never;

test.each([
  "GREEDY",
  "PER_DEMAND_GREEDY",
  "SCARCE_FIRST",
  "LOTTERY",
  "DEFERRED_ACCEPTANCE",
  "OPTIMAL",
  "EXPECTED",
] as const)("%s by its own plan comes out the same", (strategy) => {
  const decided = { ...plan, strategy, seed: 7 };
  const replayed: Record<string, unknown> = one({ kind: "REPLAY", record: recordOf(decided), plan: decided });
  expect(replayed).toMatchObject({ gained: 0, lost: 0 });
  const { recorded, replayed: again } = replayed as {
    recorded: { hash: string };
    replayed: { hash: string };
  };
  expect(again.hash).toBe(recorded.hash);
});

test("what was searched for is searched for again", async () => {
  const decided = { ...plan, strategy: "OPTIMAL", unitMode: "WHOLE" } as const;
  const record = recordOf(decided);
  const searched: string[] = [];
  const { search } = await engineTools();
  const tools = {
    search: (packing: Packing) => {
      const packed = search!(packing);
      searched.push(packed.method);
      return packed;
    },
  };
  for (const job of [
    { kind: "REPLAY", record, plan: decided },
    { kind: "TRADE_OFF", record, plans: [{ label: "again", plan: decided }], grouping: "" },
    { kind: "EXPLAIN", record, demand: "c", supply: "u" },
  ] as const)
    expect([...workOn(job, tools)].length).toBe(1);
  expect(searched).toEqual(["HiGHS", "HiGHS", "HiGHS"]);
});

test("another plan gains and loses pairs, and is measured by the same wishes", () => {
  const record = recordOf(plan);
  const optimal = one({ kind: "REPLAY", record, plan: { ...plan, strategy: "OPTIMAL" } });
  expect(optimal).toMatchObject({
    recorded: { strategy: "GREEDY", pairs: 3, fill: 0.75, value: 1_800, meanQuality: 600 },
    replayed: { strategy: "OPTIMAL", pairs: 4, units: 4, fill: 1, value: 2_400, gap: 0 },
    gained: 2,
    lost: 1,
  });
  // Of each demand the best supply alone: b and a want the same, c has one of two.
  const narrow = one({ kind: "REPLAY", record, plan: { ...plan, topK: 1 } });
  expect(narrow).toMatchObject({ replayed: { pairs: 2, fill: 0.5, value: 1_400 }, gained: 0, lost: 1 });
});

test("a curve has what was decided first, leaves out what refuses the graph, and tells groups", () => {
  const plans = (["OPTIMAL", "FAIR"] as const).map((strategy) => ({
    label: strategy,
    plan: { ...plan, strategy },
  }));
  const refused = {
    label: "refused",
    plan: {
      ...plan,
      limits: { groups: [{ grouping: "demand/region", unitsMax: -1 }], exclusions: [], pins: [] },
    },
  };
  const record = recordOf(plan);
  const points: { label: string; groups: unknown[] }[] = one({
    ...{ kind: "TRADE_OFF", record, plans: [...plans, refused], grouping: "demand/region" },
  });
  expect(points.map(({ label }) => label).slice(0, 2)).toEqual(["GREEDY", "OPTIMAL"]);
  expect(points.map(({ label }) => label)).not.toContain("refused");
  expect(points[0]).toMatchObject({ recorded: true, selectionRateRatio: 0 });
  expect(points[1]).toMatchObject({ recorded: false, selectionRateRatio: 1, gap: 0 });
  expect(points[1]!.groups).toMatchObject([
    { value: "north", eligible: 1, selected: 1 },
    { value: "south", eligible: 1, selected: 1 },
  ]);
});

test("a pair is explained by listings, nodes of groups too; what is no pair is none", () => {
  const record = recordOf(plan);
  const explain = (demand: string, supply: string) => one({ kind: "EXPLAIN", record, demand, supply });
  expect(explain("c", "u")).toMatchObject({ reason: "ASSIGNED", demandScore: 500, supplyScore: 4 });
  expect(explain("b", "s")).toMatchObject({ reason: "OUTBID", winningScore: 901, rivals: [{ demand: "a" }] });
  expect(explain("a", "t")).toMatchObject({ reason: "FILLED", rivals: [{ demand: "a", supply: "s" }] });
  expect(explain("b", "t")).toBeUndefined();
  expect(explain("none", "t")).toBeUndefined();
});

test("recorded rounds are a market: who is in a later one arrives with it", () => {
  const simulation = {
    rounds: [recordOf(plan), recordOf(plan)],
    times: [0, 600],
    plans: [
      { label: "asked", plan },
      { label: "at once", plan: { ...plan, answeredBy: undefined } },
    ],
    behaviour: { yes: { kind: "INDEPENDENT", probability: 0 } },
    rules: { interval: 60, window: 60, wavesMax: 9 },
    seeds: [1, 2],
  } as const;
  const runs = [...workOn({ kind: "SIMULATE", simulation })] as {
    plan: number;
    outcome: { taken: number };
  }[];
  expect(runs.map(({ plan: at, outcome }) => [at, outcome.taken])).toEqual([
    [0, 0],
    [1, 3],
    [0, 0],
    [1, 3],
  ]);
});

test("a plan that the engine refuses is its error", () => {
  const decided = { ...plan, unitMode: "WHOLE", strategy: "DEFERRED_ACCEPTANCE" } as const;
  expect(() => one({ kind: "REPLAY", record: recordOf(plan), plan: decided })).toThrow(EngineError);
});
