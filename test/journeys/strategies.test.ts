import { blockingPairs, buildGraph, deferredAcceptance, greedy } from "@marketmesh/allocation-engine";
import { applyPack } from "@marketmesh/cli/job/apply-pack";
import { importListings } from "@marketmesh/cli/job/import-listings";
import { Round_State } from "@marketmesh/contracts/allocation/v1";
import { type Pack, readPack } from "@marketmesh/markets";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startWholeMesh, type WholeMesh } from "../support/whole-mesh.ts";

const start = "2026-03-02T08:00:00Z";

let mesh: WholeMesh;
beforeAll(async () => {
  mesh = await startWholeMesh();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

// Both jobs like Ada best; Ada likes the job that pays more, which is not the one that likes her more.
const talents = [talent("ada", 10, 20), talent("bob", 4, 20)];
const jobs = [job("likes-more", 30), job("pays-more", 60)];

it("deferred acceptance and greedy differ, and only the former leaves no blocking pair", async () => {
  const outcome = {
    stable: await pairsOf("stable", "DEFERRED_ACCEPTANCE"),
    greedy: await pairsOf("greedy", "GREEDY"),
  };
  expect(outcome.stable).not.toEqual(outcome.greedy);
  expect(outcome.stable).toContainEqual(["pays-more", "ada"]);
  expect(outcome.greedy).toContainEqual(["likes-more", "ada"]);

  const graph = buildGraph({
    demandIds: ["likes-more", "pays-more"],
    demandCapacity: Int32Array.of(1, 1),
    supplyIds: ["ada", "bob"],
    supplyCapacity: Int32Array.of(1, 1),
    edgeDemands: Uint32Array.of(0, 0, 1, 1),
    edgeSupplies: Uint32Array.of(0, 1, 0, 1),
    demandScores: Int32Array.of(900, 300, 600, 200),
    supplyScores: Int32Array.of(100, 100, 900, 900),
  });
  expect(blockingPairs(graph, deferredAcceptance(graph, { proposing: "DEMAND" }), 10)).toHaveLength(0);
  expect(blockingPairs(graph, greedy(graph), 10)).not.toHaveLength(0);
});

async function pairsOf(market: string, strategy: "DEFERRED_ACCEPTANCE" | "GREEDY"): Promise<string[][]> {
  const pack = packWith(strategy);
  await applyPack(mesh.clients, market, pack, { clock: start });
  const imports = [
    await importListings(mesh.clients, market, "supply", pack.plan.supply, talents),
    await importListings(mesh.clients, market, "demand", pack.plan.demand, jobs),
  ];
  const revisions = imports.map(({ revision }) => revision);
  const parent = `markets/${market}`;
  const { allocation } = mesh.clients;
  const plan = `${parent}/plans/${pack.plan.plan}`;
  await allocation.createRound(
    { parent, roundId: "one", round: { plan }, revisions },
    { timeoutMs: 120_000 },
  );
  for await (const { round } of allocation.watchRound({ name: `${parent}/rounds/one` })) {
    if (round!.state === Round_State.FAILED) throw new Error(round!.failure);
  }
  const { holds } = await allocation.listHolds({ parent });
  return holds.map(({ demand, supply }) => [demand, supply].map((name) => name.split("/").at(-1)!));
}

function packWith(strategy: "DEFERRED_ACCEPTANCE" | "GREEDY"): Pack {
  const pack = readPack("labor");
  return {
    ...pack,
    statistics: [],
    policy: { policy: "anyone", rules: [{ reason: "NEVER", expression: "size(supply.skills) >= 0" }] },
    models: [
      {
        model: "job-sees-talent",
        perspective: "DEMAND",
        features: [
          {
            feature: "years_for_pay",
            weight: 1,
            expression: "supply.years_experience / demand.max_hourly_rate",
          },
        ],
      },
      {
        model: "talent-sees-job",
        perspective: "SUPPLY",
        features: [{ feature: "pay", weight: 1, expression: "demand.max_hourly_rate / 100" }],
      },
    ],
    plan: { ...pack.plan, strategy },
  };
}

function talent(id: string, years: number, rate: number) {
  return { id, attributes: { skills: ["x"], years_experience: years, asked_hourly_rate: rate } };
}

function job(id: string, pay: number) {
  return { id, attributes: { required_skills: ["x"], max_hourly_rate: pay } };
}
