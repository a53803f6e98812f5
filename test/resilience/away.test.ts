import { Code, ConnectError } from "@connectrpc/connect";
import { applyPack } from "@marketmesh/cli/job/apply-pack";
import { importListings } from "@marketmesh/cli/job/import-listings";
import { Eligibility_Verdict } from "@marketmesh/contracts/eligibility/v1";
import { readPack } from "@marketmesh/markets";
import { openWay, testDatabaseUrl, testNatsUrl, type Way } from "@marketmesh/testkit/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWholeMesh, type WholeMesh } from "../support/whole-mesh.ts";

const market = "away";
const parent = `markets/${market}`;
const policy = `${parent}/policies/anyone`;
const model = `${parent}/models/job-sees-talent`;
const supply = `${parent}/listings/ada`;
const demand = `${parent}/listings/gig`;

let postgres: Way;
let nats: Way;
let mesh: WholeMesh;

beforeAll(async () => {
  postgres = await openWay(testDatabaseUrl());
  nats = await openWay(testNatsUrl());
  const urls = ["DATABASE_URL", "DATABASE_BACKGROUND_URL", "DATABASE_MIGRATOR_URL"];
  mesh = await startWholeMesh({ LOG_LEVEL: "error", DRAIN_MS: "500" }, { patienceMs: 0 }, (given) => ({
    ...given,
    ...Object.fromEntries(urls.map((key) => [key, postgres.by(given[key]!)])),
    NATS_URL: nats.by(given.NATS_URL!),
  }));
  const pack = readPack("labor");
  const formula = (feature: string, expression: string) => [{ feature, weight: 1, expression }];
  const models = [
    ["job-sees-talent", "DEMAND", formula("years", "supply.years_experience / 10")],
    ["talent-sees-job", "SUPPLY", formula("pay", "demand.max_hourly_rate / 100")],
  ] as const;
  const own = {
    ...pack,
    statistics: [],
    policy: { policy: "anyone", rules: [{ reason: "NEVER", expression: "size(supply.skills) >= 0" }] },
    models: models.map(([model, perspective, features]) => ({ model, perspective, features })),
  };
  await applyPack(mesh.clients, market, own, { clock: "2026-03-02T08:00:00Z" });
  const talent = { skills: ["x"], years_experience: 4, asked_hourly_rate: 20 };
  const job = { required_skills: ["x"], max_hourly_rate: 30 };
  await importListings(mesh.clients, market, "supply", pack.plan.supply, [{ id: "ada", attributes: talent }]);
  await importListings(mesh.clients, market, "demand", pack.plan.demand, [{ id: "gig", attributes: job }]);
});
afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]();
  await nats?.[Symbol.asyncDispose]();
  await postgres?.[Symbol.asyncDispose]();
});

const decisionTime = { seconds: 1_772_438_400n, nanos: 0 };
const subjects = {
  supply: { subject: { case: "listing" as const, value: supply } },
  demand: { subject: { case: "listing" as const, value: demand } },
};
/** None of these calls may take as long; on a machine that does ten things at once all take their time. */
const quickly = { timeoutMs: 30_000 };

/** What each of these calls is answered, `OK` or its status; none may take as long as its deadline. */
async function answers(
  calls: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<Record<string, string>> {
  const told = Object.entries(calls).map(async ([name, call]) => {
    const outcome = await call().then(
      () => "OK",
      (error) => Code[ConnectError.from(error).code],
    );
    return [name, outcome] as const;
  });
  return Object.fromEntries(await Promise.all(told));
}

const decisions = {
  check: async () => {
    const { eligibility } = await mesh.clients.eligibility.checkEligibility(
      { policy, decisionTime, ...subjects },
      quickly,
    );
    expect(eligibility?.verdict).toBe(Eligibility_Verdict.ELIGIBLE);
  },
  list: async () => {
    const request = { policy, demand: subjects.demand, decisionTime };
    expect((await mesh.clients.eligibility.listEligible(request, quickly)).supplies).toEqual([supply]);
  },
  policy: () => mesh.clients.eligibility.getPolicy({ name: policy }, quickly),
  score: () => mesh.clients.scoring.scorePairs({ model, pairs: [subjects], decisionTime }, quickly),
  rank: async () => {
    const request = { policy, demands: [demand], decisionTime };
    for await (const { sets } of mesh.clients.eligibility.batchListEligible(request, quickly)) {
      const candidates = sets.map((set) => ({ demand, supplies: set.supplies! }));
      const ranked = mesh.clients.scoring.rank(
        { demandModel: model, candidates, topK: 5, names: true, decisionTime },
        quickly,
      );
      for await (const { rankings } of ranked) expect(rankings[0]?.supplies).toEqual([supply]);
    }
  },
};
const reads = {
  listing: () => mesh.clients.catalog.getListing({ name: supply }, quickly),
  party: () => mesh.clients.identity.getMarket({ name: parent }, quickly),
  holds: () => mesh.clients.allocation.listHolds({ parent }, quickly),
  runs: () => mesh.clients.fulfillment.listRuns({ parent }, quickly),
};
const pause = () => mesh.clients.catalog.pauseListing({ name: supply }, quickly);
const allOk = (calls: object) => Object.fromEntries(Object.keys(calls).map((name) => [name, "OK"]));

test("decisions go on from memory while Postgres is away, the rest says so at once, and all comes back", async () => {
  expect(await answers({ ...decisions, ...reads })).toEqual(allOk({ ...decisions, ...reads }));
  await postgres.cut();
  expect(await answers({ ...decisions, ...reads, pause })).toEqual({
    ...allOk(decisions),
    ...Object.fromEntries([...Object.keys(reads), "pause"].map((name) => [name, "Unavailable"])),
  });
  const identity = mesh.services.get("identity")!;
  const jwks = (await (await fetch(`${identity.url}/.well-known/jwks.json`)).json()) as { keys: unknown[] };
  expect(jwks.keys.length).toBeGreaterThan(0);
  // Whether this process can serve: it can, from memory or by saying that it can't.
  for (const service of mesh.services.values()) {
    expect((await fetch(`${service.metricsUrl}/readyz`)).status, service.name).toBe(200);
  }
  const metrics = await (await fetch(`${mesh.services.get("eligibility")!.metricsUrl}/metrics`)).text();
  expect(metrics).toMatch(/database_reads_recalled_total [1-9]/);
  await postgres.mend();
  await expect.poll(() => answers(reads), { timeout: 240_000 }).toEqual(allOk(reads));
  expect(await answers(decisions)).toEqual(allOk(decisions));
});

test("everything but new facts goes on while the broker is away", async () => {
  await nats.cut();
  const calls = { ...decisions, ...reads };
  expect(await answers(calls)).toEqual(allOk(calls));
  const { listing } = await mesh.clients.catalog.pauseListing({ name: supply }, quickly);
  expect(listing?.name).toBe(supply);
  await nats.mend();
  const paused = async () => {
    const request = { policy, demand: subjects.demand, decisionTime };
    return (await mesh.clients.eligibility.listEligible(request, quickly)).supplies;
  };
  await expect.poll(paused, { timeout: 240_000 }).toEqual([]);
});

test("who has a token goes on while identity is away", async () => {
  await mesh.services.get("identity")!.close();
  const { party: _, ...others } = reads;
  const { rank: __, list: ___, ...verdicts } = decisions;
  expect(await answers({ ...verdicts, ...others })).toEqual(allOk({ ...verdicts, ...others }));
});
