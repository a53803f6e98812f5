import { runMarket } from "@marketmesh/cli/job/market-job";
import type { MarketReport } from "@marketmesh/cli/job/report";
import { readScenario, type ScenarioMarket } from "@marketmesh/markets";
import type { Hit } from "./armed-points.ts";
import { brokenEvents, recordedEvents } from "./event-invariants.ts";
import type { FaultMesh } from "./fault-mesh.ts";
import { brokenInMarket } from "./market-invariants.ts";
import { MeteredMesh } from "./metered.ts";
import { addToTally } from "./tally.ts";

/** What a case does to the mesh while a job runs on it. */
export interface Faults {
  readonly mesh: FaultMesh;
  /** Here and there in the job. */
  readonly job: MeteredMesh;
  readonly market: string;
  /** Counts a kill, by the moment it was done. Answers with it. */
  killed(what: string, atMs: number): void;
  /** Something that must have happened when the job has ended; rejected, it is a violation. */
  expect(fact: Promise<unknown>): void;
}

/** A process or server that was killed, and how long the job then stood still. */
export interface Recovery {
  readonly what: string;
  readonly ms: number;
}

export interface CaseResult {
  readonly report: MarketReport;
  readonly recoveries: readonly Recovery[];
  readonly violations: readonly string[];
}

const seed = 1;
const recoveryMs = 15_000;
const settleMs = 20_000;
const [small] = readScenario("test/scenarios/small.yaml").markets as [ScenarioMarket];

/** Runs the job on a market of its own while things fail, and says what it came to and what is broken then. */
export async function runCase(
  mesh: FaultMesh,
  market: string,
  inject: (faults: Faults) => void | Promise<void>,
): Promise<CaseResult> {
  using clients = mesh.connect();
  const job = new MeteredMesh(clients);
  const kills: { what: string; atMs: number }[] = [];
  const facts: Promise<unknown>[] = [];
  const recordedBefore = await recordedEvents(mesh);
  const expectFact = (fact: Promise<unknown>) => {
    fact.catch(() => {}); // looked at below
    facts.push(fact);
  };
  const killed = (what: string, atMs: number) => void kills.push({ what, atMs });
  await inject({ mesh, job, market, killed, expect: expectFact });
  const report = await runMarket(job.mesh, { ...small, market }, seed, () => {});
  const unmet = (await Promise.allSettled(facts)).flatMap((fact) =>
    fact.status === "rejected" ? [String(fact.reason)] : [],
  );
  const recoveries = kills.map(({ what, atMs }) => {
    const next = job.answeredMs.find((answeredMs) => answeredMs > atMs) ?? Number.POSITIVE_INFINITY;
    return { what, ms: Math.round(next - atMs) };
  });
  const slow = recoveries.filter(({ ms }) => ms > recoveryMs);
  const violations = [
    ...unmet.map((what) => `${market}: ${what}`),
    ...job.notReached.map((place) => `${market}: the job did not come to ${place}`),
    ...slow.map(({ what, ms }) => `${market}: ${what}: the job stood still for ${ms} ms`),
    ...(await settled(() => brokenInMarket(mesh, market))),
    ...(await settled(() => brokenEvents(mesh))),
  ];
  const operations = job.answeredMs.length + (await recordedEvents(mesh)) - recordedBefore;
  addToTally({ operations, kills: kills.length, violations: violations.length });
  return { report, recoveries, violations };
}

/** What is still broken once everything under way had the time to arrive. */
async function settled(broken: () => Promise<string[]>): Promise<string[]> {
  const endMs = performance.now() + settleMs;
  for (;;) {
    const found = await broken().catch((error) => [String(error)]);
    if (found.length === 0 || performance.now() > endMs) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Counts the kill that an armed point does, and expects it to be done. */
export function killAt({ mesh, killed, expect }: Faults, point: string, passes = 0): Promise<Hit> {
  const hit = mesh.points.kill(point, passes);
  expect(hit.then(({ atMs }) => killed(point, atMs)));
  return hit;
}
