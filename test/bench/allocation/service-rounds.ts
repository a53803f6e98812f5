import { create, toBinary } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { applyPack, collectStatistics } from "@marketmesh/cli/job/apply-pack";
import { importListings } from "@marketmesh/cli/job/import-listings";
import { awaitProjections } from "@marketmesh/cli/job/projections";
import { AllocateNowRequestSchema, type Round } from "@marketmesh/contracts/allocation/v1";
import { type ListingRow, mapRows, readScenario } from "@marketmesh/markets";
import { type BenchMesh, startBenchMesh } from "../bench-mesh.ts";
import { emit, say } from "../figure.ts";
import { type Offered, openLoop } from "../open-loop.ts";
import { skillRows } from "../skill-rows.ts";
import { CpuMeter } from "./cpu-meter.ts";

// Smaller numbers are for looking at where the time goes.
const supply = Number(process.env.BENCH_SUPPLY ?? 100_000);
const perSecond = Number(process.env.BENCH_PER_SECOND ?? 300);
const seconds = Number(process.env.BENCH_SECONDS ?? 15);
const warmSeconds = 5;
const start = "2026-03-02T08:00:00Z";
const scenario = readScenario("test/scenarios/labor-real.yaml").markets[0]!;
const { pack, files } = scenario;

type Rows = () => Iterable<ListingRow> | AsyncIterable<ListingRow>;

/** Fills a market with listings of both sides; answers with their revisions. */
async function fill(
  { clients }: BenchMesh,
  market: string,
  supplies: Rows,
  demands: Rows,
): Promise<string[]> {
  await applyPack(clients, market, pack, { clock: start });
  const imports = [
    await importListings(clients, market, "supply", pack.plan.supply, supplies),
    await importListings(clients, market, "demand", pack.plan.demand, demands),
  ];
  const revisions = imports.map(({ revision }) => revision);
  await awaitProjections(clients, market, pack, revisions, start);
  await collectStatistics(clients, market, pack, revisions);
  return revisions;
}

/** Demands that want one unit each. */
function* singles(count: number): Generator<ListingRow> {
  for (const row of skillRows("demand", count)) yield { ...row, capacity: { units: 1 } };
}

/** Steady calls of AllocateNow, each for a demand of its own, among all supply. */
async function allocateNow(mesh: BenchMesh): Promise<void> {
  const market = "now";
  const calls = perSecond * (seconds + warmSeconds);
  const startMs = performance.now();
  await fill(
    mesh,
    market,
    () => skillRows("supply", supply),
    () => singles(calls),
  );
  say(`${market}: ${supply} supplies and ${calls} demands after ${secondsSince(startMs)} s`);
  const parent = `markets/${market}`;
  const bodies = [...skillRows("demand", calls)].map(({ id }) =>
    toBinary(
      AllocateNowRequestSchema,
      create(AllocateNowRequestSchema, {
        plan: `${parent}/plans/${pack.plan.plan}`,
        demand: `${parent}/listings/${id}`,
      }),
    ),
  );
  const target = {
    url: mesh.endpoints.allocation!,
    path: "/marketmesh.allocation.v1.AllocationService/AllocateNow",
    token: await mesh.clients.accessToken(),
    perSecond,
  };
  const warm = perSecond * warmSeconds;
  await openLoop({ ...target, body: (n) => bodies[n]!, seconds: warmSeconds });
  const cpu = new CpuMeter(mesh);
  const offered = await openLoop({ ...target, body: (n) => bodies[warm + n]!, seconds });
  say(`processor time per call, ms: ${JSON.stringify(cpu.perCall(offered.sent))}`);
  reportCalls(offered);
}

function reportCalls({ sent, accepted, refused, other }: Offered): void {
  const at = (share: number) => accepted[Math.min(accepted.length - 1, Math.floor(share * accepted.length))]!;
  const figure = { suite: "allocation", unit: "ms", better: "lower" } as const;
  emit({ ...figure, metric: "allocate_now_p50_ms", value: at(0.5), aim: 8 });
  emit({ ...figure, metric: "allocate_now_p99_ms", value: at(0.99), aim: 40 });
  say(
    `${accepted.length} of ${sent} answered, ${refused.length} refused, otherwise ${JSON.stringify(other)}; p90 ${at(0.9).toFixed(1)} ms`,
  );
}

/** The first round of labor-real, from the call until everything is held. */
async function laborRealRound(mesh: BenchMesh): Promise<void> {
  const market = "labor-real";
  const [candidates, jobs] = files;
  const startMs = performance.now();
  const revisions = await fill(
    mesh,
    market,
    () => mapRows(candidates!, 1),
    () => mapRows(jobs!, 1),
  );
  const readyMs = performance.now();
  say(`${market}: ready after ${secondsSince(startMs)} s`);
  const cpu = new CpuMeter(mesh);
  const round = await runRound(mesh, market, revisions);
  const tookMs = performance.now() - readyMs;
  const phases = round.phases.map(
    ({ phase, duration }) => `${phase} ${(durationMs(duration!) / 1_000).toFixed(2)}`,
  );
  say(`${round.edgeCount} edges, ${round.heldUnits} units held; seconds: ${phases.join(", ")}`);
  say(`processor seconds: ${JSON.stringify(cpu.perCall(1_000))}`);
  emit({
    ...{ suite: "allocation", metric: "labor_real_round_s", unit: "s", better: "lower", aim: 10 },
    value: tookMs / 1_000,
  } as const);
}

async function runRound({ clients }: BenchMesh, market: string, revisions: string[]): Promise<Round> {
  const parent = `markets/${market}`;
  const plan = `${parent}/plans/${pack.plan.plan}`;
  await clients.allocation.createRound(
    { parent, roundId: "one", round: { plan }, revisions },
    { timeoutMs: 120_000 },
  );
  let last: Round | undefined;
  const moves = clients.allocation.watchRound({ name: `${parent}/rounds/one` }, { timeoutMs: 300_000 });
  for await (const { round } of moves) last = round;
  if (last === undefined || last.failure !== "") throw new Error(`the round failed: ${last?.failure}`);
  return last;
}

function secondsSince(startMs: number): string {
  return ((performance.now() - startMs) / 1_000).toFixed(1);
}

const parts = process.argv.slice(2);
{
  // One caller asks for everything here.
  await using mesh = await startBenchMesh({ RATE_LIMIT_CALLS_PER_SECOND: "1000000" });
  if (parts.length === 0 || parts.includes("now")) await allocateNow(mesh);
  if (parts.length === 0 || parts.includes("round")) await laborRealRound(mesh);
}
process.exit(0);
