import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@marketmesh/contracts/grpc/health/v1";
import type { Tx } from "@marketmesh/postgres";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { brokenCapacity } from "../../services/allocation/src/testing/audit.ts";
import type { WholeMesh } from "../support/whole-mesh.ts";
import { databasesOf } from "./databases.ts";
import { worldMarkets } from "./world.ts";

const readsCount = 300;
const readP99MaxMs = 500;
/** A machine that is busy with other things is slow before the run too, */
const slowdownMax = 10;
/** or while it is looked at; what the run has broken is slow every time. */
const looksMax = 5;

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
    const { status } = await health.check({}, { timeoutMs: 120_000 });
    if (status !== Status.SERVING) problems.push(`${service} is in status ${status} after the run`);
  }
  return problems;
}

async function latencyProblems(mesh: WholeMesh, beforeMs: number): Promise<string[]> {
  let afterMs = Number.POSITIVE_INFINITY;
  for (let look = 0; look < looksMax; look += 1) {
    afterMs = Math.min(afterMs, await readP99Ms(mesh));
    if (afterMs <= Math.max(readP99MaxMs, beforeMs * slowdownMax)) return [];
  }
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

/** Beside what services/allocation audits of capacity, places, bundles, holds and their history. */
const books: Readonly<Record<string, string>> = {
  "an offer that is made has no hold": `
    select 1 from offers left join holds using (market, bucket, id) where offers.state = 'MADE' and holds.state is distinct from 'HELD'`,
  "an accepted offer has no allocation": `
    select 1 from offers left join allocations using (market, bucket, id)
    where offers.state = 'ACCEPTED' and allocations.id is null`,
  "an offer's counter-offers are not as many as it counts": `
    select 1 from offers where counter_rounds <> (
      select count(*) from counter_offers c where (c.market, c.bucket, c.offer) = (offers.market, offers.bucket, offers.id))`,
  "an offer beyond what its demand wants has nobody who could give way": `
    select 1 from holds where state = 'HELD' and demand_units = 0 and not exists (
      select from holds other where other.market = holds.market and other.demand = holds.demand
        and other.state = 'HELD' and other.demand_units is distinct from 0)`,
  "who was served from a waitlist has no offer": `
    select 1 from waitlist_entries w left join offers on offers.market = w.market and offers.id = w.offer
    where (w.state = 'SERVED') <> (offers.id is not null)`,
};

async function bookProblems(mesh: WholeMesh, adminUrl: string): Promise<string[]> {
  const allocation = databasesOf(mesh, adminUrl).find(({ service }) => service === "allocation");
  const sql = postgres(allocation?.url ?? "", { max: 1, onnotice: () => {} });
  try {
    const broken = await drizzle(sql).transaction((tx) => brokenCapacity(tx as unknown as Tx));
    const problems = broken.map((text) => `allocation: ${text}`);
    for (const [problem, query] of Object.entries(books)) {
      const rows = await sql.unsafe(query);
      if (rows.length > 0) problems.push(`allocation: ${problem}, in ${rows.length} rows`);
    }
    return problems;
  } finally {
    await sql.end();
  }
}
