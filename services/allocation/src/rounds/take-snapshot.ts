import type { Tx } from "@marketmesh/postgres";
import { needsOwners, needsWaiting } from "../domain/engine-plan.ts";
import type { Level } from "../domain/level.ts";
import type { Round } from "../domain/round.ts";
import { demandSnapshot, type SnapshotLevel, supplySnapshot } from "../domain/round-snapshot.ts";
import { readOpenLevels } from "../storage/capacity-store.ts";
import { readClock } from "../storage/clock-store.ts";
import { readFirstDecisions } from "../storage/decision-store.ts";
import { compressSnapshot, insertSnapshot } from "../storage/round-snapshot-store.ts";
import { type LeasedRound, stepRound } from "../storage/round-store.ts";
import { planOfRound } from "./plan-of-round.ts";
import { awaitRevisions, parseRevisions } from "./revisions.ts";
import type { RoundDeps } from "./round-deps.ts";

const pageSize = 5_000;
/** What a worker waits for revisions at a time: other rounds wait for it meanwhile. */
const patienceMs = 1_000;

/** PENDING to SOLVING: what there is, and what time it is, at one moment; stored with the round. */
export async function takeSnapshot(
  deps: RoundDeps,
  leased: LeasedRound,
  signal: AbortSignal,
): Promise<Round> {
  const { database } = deps;
  const { market, round } = leased;
  const revisions = parseRevisions(round.revisions);
  const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  await awaitRevisions(database, deps.signals, market, revisions, patience);
  const startMs = performance.now();
  // Read as of one moment, then written by itself: a lease that is renewed meanwhile is no conflict.
  const seen = await database.background((tx) => look(tx, leased), {
    isolation: "repeatable read",
    readOnly: true,
    mayRepeat: true,
  });
  const compressed = await compressSnapshot(seen);
  return database.background(async (tx) => {
    await insertSnapshot(tx, market, round.id, compressed);
    const step = {
      state: "SOLVING",
      decisionTime: seen.time,
      demandCount: seen.demands.length,
      openUnits: seen.demands.reduce((sum, demand) => sum + demand.units, 0),
      attempts: 0,
      phases: { snapshot: performance.now() - startMs },
    } as const;
    return stepRound(tx, leased, step, deps.leaseMs);
  });
}

interface Seen {
  readonly time: Date;
  /** Those that want something. */
  readonly demands: readonly SnapshotLevel[];
  readonly supplies: readonly SnapshotLevel[];
}

async function look(tx: Tx, leased: LeasedRound): Promise<Seen> {
  const { market } = leased;
  const plan = await planOfRound(tx, leased);
  const { time } = await readClock(tx, market);
  const owners = needsOwners(plan);
  const demands = await collect(tx, market, plan.demandKind, (level) => demandSnapshot(level, owners));
  const supplies = await collect(tx, market, plan.supplyKind, (level) => supplySnapshot(level, time, owners));
  const wanting = demands.filter((demand) => demand.units > 0);
  return {
    time,
    supplies,
    demands: needsWaiting(plan) ? await withWaiting(tx, market, wanting, time) : wanting,
  };
}

async function withWaiting(
  tx: Tx,
  market: string,
  demands: readonly SnapshotLevel[],
  now: Date,
): Promise<SnapshotLevel[]> {
  const since = await readFirstDecisions(
    tx,
    market,
    demands.map(({ id }) => id),
  );
  return demands.map((demand) => {
    const first = since.get(demand.id);
    return first ? { ...demand, waited: Math.floor((now.getTime() - first.getTime()) / 1_000) } : demand;
  });
}

async function collect(
  tx: Tx,
  market: string,
  kind: string,
  toSnapshot: (level: Level) => SnapshotLevel,
): Promise<SnapshotLevel[]> {
  const all: SnapshotLevel[] = [];
  for (let after = ""; ; ) {
    const page = await readOpenLevels(tx, market, kind, after, pageSize);
    for (const level of page) all.push(toSnapshot(level));
    const last = page.at(-1);
    if (!last || page.length < pageSize) return all;
    after = last.listingId;
  }
}
