import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@marketmesh/contracts/grpc/health/v1";
import postgres from "postgres";
import type { WholeMesh } from "../support/whole-mesh.ts";
import { databasesOf } from "./databases.ts";
import { worldMarkets } from "./world.ts";

const readsCount = 300;
const readP99MaxMs = 250;
/** A machine that is busy with other things is slow before the run too. */
const slowdownMax = 5;

/** What the run has broken, asked of the mesh when all is sent: nothing when every service serves and the books balance. */
export async function finalChecks(mesh: WholeMesh, adminUrl: string, beforeMs: number): Promise<string[]> {
  return [
    ...(await healthProblems(mesh)),
    ...(await latencyProblems(mesh, beforeMs)),
    ...(await bookProblems(mesh, adminUrl)),
  ];
}

async function healthProblems({ endpoints }: WholeMesh): Promise<string[]> {
  const problems: string[] = [];
  for (const [service, baseUrl] of Object.entries(endpoints)) {
    const health = createClient(Health, createConnectTransport({ baseUrl, httpVersion: "2" }));
    const { status } = await health.check({}, { timeoutMs: 20_000 });
    if (status !== Status.SERVING) problems.push(`${service} is in status ${status} after the run`);
  }
  return problems;
}

async function latencyProblems(mesh: WholeMesh, beforeMs: number): Promise<string[]> {
  const afterMs = await readP99Ms(mesh);
  if (afterMs <= Math.max(readP99MaxMs, beforeMs * slowdownMax)) return [];
  return [`GetMarket takes ${afterMs.toFixed(0)} ms at p99 after the run, ${beforeMs.toFixed(0)} before`];
}

/** How long a small read takes, at p99, while nothing else is asked. */
export async function readP99Ms({ clients }: WholeMesh): Promise<number> {
  const name = `markets/${worldMarkets[0]}`;
  const took: number[] = [];
  for (let read = 0; read < readsCount; read += 1) {
    const started = performance.now();
    await clients.identity.getMarket({ name });
    took.push(performance.now() - started);
  }
  took.sort((left, right) => left - right);
  return took[Math.floor(took.length * 0.99)] ?? 0;
}

const books: Readonly<Record<string, string>> = {
  "more claimed than is there":
    "select 1 from capacity_levels where not unlimited and held + allocated > on_hand",
  "held is not what holds hold": `
    select 1 from capacity_levels level where held <> (
      select coalesce(sum(case when demand = level.listing_id then coalesce(demand_units, units) else units end), 0)
      from holds where holds.market = level.market and state = 'HELD' and level.listing_id in (demand, supply))`,
  "allocated is not what allocations take": `
    select 1 from capacity_levels level where allocated <> (
      select coalesce(sum(case when a.demand = level.listing_id then coalesce(h.demand_units, a.units) else a.units end), 0)
      from allocations a join holds h using (market, bucket, id)
      where a.market = level.market and level.listing_id in (a.demand, a.supply))`,
  "an offer that is made has no hold": `
    select 1 from offers left join holds using (market, bucket, id) where offers.state = 'MADE' and holds.state is distinct from 'HELD'`,
  "an allocation without a confirmed hold": `
    select 1 from allocations left join holds using (market, bucket, id) where holds.state is distinct from 'CONFIRMED'`,
};

async function bookProblems(mesh: WholeMesh, adminUrl: string): Promise<string[]> {
  const allocation = databasesOf(mesh, adminUrl).find(({ service }) => service === "allocation");
  const sql = postgres(allocation?.url ?? "", { max: 1, onnotice: () => {} });
  try {
    const problems: string[] = [];
    for (const [problem, query] of Object.entries(books)) {
      const rows = await sql.unsafe(query);
      if (rows.length > 0) problems.push(`allocation: ${problem}, in ${rows.length} rows`);
    }
    return problems;
  } finally {
    await sql.end();
  }
}
