import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@marketmesh/contracts/grpc/health/v1";
import postgres from "postgres";
import type { WholeMesh } from "../support/whole-mesh.ts";
import { databasesOf } from "./databases.ts";
import { worldMarkets } from "./world.ts";

const readsCount = 300;
const readP99MaxMs = 250;

/** What the run has broken, asked of the mesh when all is sent: nothing when every service serves and the books balance. */
export async function finalChecks(mesh: WholeMesh, adminUrl: string): Promise<string[]> {
  return [
    ...(await healthProblems(mesh)),
    ...(await latencyProblems(mesh)),
    ...(await bookProblems(mesh, adminUrl)),
  ];
}

async function healthProblems({ endpoints }: WholeMesh): Promise<string[]> {
  const problems: string[] = [];
  for (const [service, baseUrl] of Object.entries(endpoints)) {
    const health = createClient(Health, createConnectTransport({ baseUrl, httpVersion: "2" }));
    const { status } = await health.check({}, { timeoutMs: 5_000 });
    if (status !== Status.SERVING) problems.push(`${service} is in status ${status} after the run`);
  }
  return problems;
}

async function latencyProblems({ clients }: WholeMesh): Promise<string[]> {
  const name = `markets/${worldMarkets[0]}`;
  const took: number[] = [];
  for (let read = 0; read < readsCount; read += 1) {
    const started = performance.now();
    await clients.identity.getMarket({ name });
    took.push(performance.now() - started);
  }
  took.sort((left, right) => left - right);
  const p99 = took[Math.floor(took.length * 0.99)] ?? 0;
  return p99 <= readP99MaxMs ? [] : [`GetMarket takes ${p99.toFixed(0)} ms at p99 after the run`];
}

const books: Readonly<Record<string, string>> = {
  "more claimed than is there":
    "select 1 from capacity_levels where not unlimited and held + allocated > on_hand",
  "held is not what holds hold": `
    select 1 from capacity_levels level where held <> (select coalesce(sum(units), 0) from holds
      where holds.market = level.market and state = 'HELD' and level.listing_id in (demand, supply))`,
  "allocated is not what allocations take": `
    select 1 from capacity_levels level where allocated <> (select coalesce(sum(units), 0) from allocations
      where allocations.market = level.market and level.listing_id in (demand, supply))`,
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
