import { runMarket } from "@marketmesh/cli/job/market-job";
import type { MarketReport } from "@marketmesh/cli/job/report";
import { readScenario, type ScenarioMarket } from "@marketmesh/markets";
import type { Hit } from "./armed-points.ts";
import { brokenEvents, recordedEvents } from "./event-invariants.ts";
import type { FaultMesh } from "./fault-mesh.ts";
import { brokenInMarket } from "./market-invariants.ts";
import { MeteredMesh } from "./metered.ts";
import { paceNow } from "./pace.ts";
import { addToTally } from "./tally.ts";

/** What a case does to the mesh while a job runs on it. */
export interface Faults {
  readonly mesh: FaultMesh;
  /** Here and there in the job. */
  readonly job: MeteredMesh;
  readonly market: string;
  /** Counts a kill of a process, and measures from that moment. */
  killed(kill: Kill): void;
  /** Something that must have happened when the job has ended; rejected, it is a violation. */
  expect(fact: Promise<unknown>): void;
}

/** A process or server that was killed. */
export interface Kill {
  /** At which point. */
  readonly what: string;
  readonly process: string;
  readonly pid: number;
  readonly atMs: number;
}

/** What a kill cost, in milliseconds. */
export interface Recovery {
  readonly what: string;
  /** Until the next call of the job was answered, or it had come to the next kill. */
  readonly jobMs: number;
  /** Until another process was in its place and served; of the broker, until it had every fact. */
  readonly backMs: number;
  /** Whether it was the only one of its service: nothing stands in for it. */
  readonly alone: boolean;
}

export interface CaseResult {
  readonly report: MarketReport;
  readonly recoveries: readonly Recovery[];
  readonly violations: readonly string[];
}

const seed = 1;
/** Twice what a busy machine was seen to need: it finds what waits for something that does not come, and is no measure. */
const recoveryMs = 30_000;
const settleMs = 120_000;
const [small] = readScenario("test/scenarios/small.yaml").markets as [ScenarioMarket];

/** Runs the job on a market of its own while things fail, and says what it came to and what is broken then. */
export async function runCase(
  mesh: FaultMesh,
  market: string,
  inject: (faults: Faults) => void,
  fulfil = false,
): Promise<CaseResult> {
  using clients = mesh.connect();
  const job = new MeteredMesh(clients);
  const kills: Kill[] = [];
  const back: Promise<number>[] = [];
  const facts: Promise<unknown>[] = [];
  const recordedBefore = await recordedEvents(mesh);
  const expectFact = (fact: Promise<unknown>) => {
    fact.catch(() => {}); // looked at below
    facts.push(fact);
  };
  const killed = (kill: Kill) => {
    kills.push(kill);
    back.push(mesh.back(kill.process, kill.pid));
    expectFact(back.at(-1)!);
  };
  inject({ mesh, job, market, killed, expect: expectFact });
  const scenario = { ...small, market, run: { ...small.run, fulfil } };
  const report = await runMarket(job.mesh, scenario, seed, () => {}).finally(() => mesh.points.disarm());
  const unmet = (await Promise.allSettled(facts)).flatMap((fact) =>
    fact.status === "rejected" ? [String(fact.reason)] : [],
  );
  const backMs = await Promise.all(back.map((each) => each.catch(() => Number.POSITIVE_INFINITY)));
  const recoveries = kills.map(({ what, process, atMs }, at) => {
    // To come to the next point, where something else is killed, is to go on.
    const after = [...job.answeredMs, ...kills.map((kill) => kill.atMs)].filter((ms) => ms > atMs);
    const next = Math.min(...after);
    return {
      what,
      jobMs: Math.round(next - atMs),
      backMs: Math.round(backMs[at]! - atMs),
      alone: mesh.isAlone(process),
    };
  });
  const violations = [
    ...unmet.map((what) => `${market}: ${what}`),
    ...job.notReached.map((place) => `${market}: the job did not come to ${place}`),
    ...slowOf(recoveries).map((what) => `${market}: ${what}`),
    ...(await settled(() => brokenInMarket(mesh, market))),
    ...(await settled(() => brokenEvents(mesh))),
  ];
  const operations = job.answeredMs.length + (await recordedEvents(mesh)) - recordedBefore;
  addToTally({ operations, kills: kills.length, violations: violations.length });
  return { report, recoveries, violations };
}

/** What took longer than it may, by the machine's own pace: one that is slow or busy now has more time in proportion. */
function slowOf(recoveries: readonly Recovery[]): string[] {
  const worst = ({ jobMs, backMs, alone }: Recovery) => (alone ? Math.max(jobMs, backMs) : jobMs);
  if (recoveries.every((one) => worst(one) <= recoveryMs)) return [];
  const boundMs = recoveryMs * paceNow();
  const slow = recoveries.filter((one) => worst(one) > boundMs);
  return slow.map(({ what, jobMs, backMs }) => `${what}: back after ${backMs} ms, job after ${jobMs} ms`);
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

/** kill -9 of a process by its name, counted. */
export function killNow({ mesh, killed }: Faults, process: string, what: string): void {
  const pid = mesh.pidOf(process);
  killed({ what, process, pid, atMs: mesh.kill(process) });
}

/** Counts the kill that an armed point does, and expects it to be done. */
export function killAt({ mesh, killed, expect }: Faults, point: string, passes = 0): Promise<Hit> {
  const hit = mesh.points.kill(point, passes);
  const service = point.slice(0, point.indexOf("."));
  expect(
    hit.then(({ pid, atMs }) => killed({ what: point, process: mesh.nameOf(pid) ?? service, pid, atMs })),
  );
  return hit;
}
