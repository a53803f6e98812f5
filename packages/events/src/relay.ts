import { type Database, type DedicatedSession, openDedicatedSession } from "@marketmesh/postgres";
import type { Metrics } from "@marketmesh/telemetry";
import type { JetStreamClient, JetStreamManager } from "nats";
import { purge, purgeEveryMs } from "./housekeeping.ts";
import { relayLeads, relayPublished } from "./metrics.ts";
import type { Names } from "./names.ts";
import type { OnNotice } from "./notice.ts";
import { publish } from "./publisher.ts";
import { DeposedError, markPublished, readUnpublished, stamp, takeLead } from "./stamping.ts";
import { ensureStream, type StreamState } from "./stream.ts";
import { backoffMs, type WakeUp, wakeUp } from "./wake-up.ts";

const leaderLock = "1835884545";
const asleepLock = "1835884546";
const rowsMax = 4_000;
const candidateWaitMs = 500;
const pollMs = 1_000;
const busyPollMs = 20;
// A cycle costs about ten statements, and a message for each partition, however little it moves: let some facts gather
// before the next, and the longer the more there are.
const smallBatch = 500;
const gatherMs = (moved: number) => Math.min(20 + moved / 2, 100);
// Republished facts are found so soon.
const lookMs = 1_000;
const streamCheckMs = 5_000;

/** Where a relay can be stopped by a test, each between two durable steps. */
export type RelayStep = "stamped" | "published" | "marked";

export interface RelayOptions {
  readonly database: Database;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly names: Names;
  readonly service: string;
  readonly streamBytesMax: number;
  readonly replicas: number;
  readonly onNotice: OnNotice;
  readonly metrics: Metrics;
  /** A test's fault point: throwing ends the relay there as a crash would. */
  readonly onStep?: (step: RelayStep) => void | Promise<void>;
  /** Default one minute. */
  readonly purgeEveryMs?: number;
}

/**
 * Carries committed facts to the broker for as long as the signal lasts. Of all processes with the database one leads,
 * the others try every half second. Every step may be the last: the next leader goes on from the tables.
 */
export async function runRelay(options: RelayOptions, signal: AbortSignal): Promise<void> {
  const leads = options.metrics.gauge(relayLeads);
  leads.set(0);
  for (let failures = 0; !signal.aborted; ) {
    const awake = wakeUp();
    try {
      await using session = await openDedicatedSession(options.database.backgroundUrl, {
        applicationName: `relay ${options.service}`,
        onNotify: awake.wake,
      });
      await waitForLead(session, signal);
      const leading = AbortSignal.any([signal, session.lost]);
      if (!leading.aborted) {
        leads.set(1);
        await lead(options, session, awake, leading).finally(() => leads.set(0));
      }
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      options.onNotice({
        level: "warn",
        message: "relay stopped leading",
        attributes: { error: String(error) },
      });
      await awake.sleep(backoffMs(failures++), signal);
    }
  }
}

async function waitForLead(session: DedicatedSession, signal: AbortSignal): Promise<void> {
  const never = wakeUp();
  while (!signal.aborted) {
    const [row] = await session.query<{ mine: boolean }>(
      `select pg_try_advisory_lock(${leaderLock}) as mine`,
    );
    if (row?.mine) {
      // `rest` asks the index of what waits; see byIndex.
      await session.query("set enable_seqscan = off");
      await session.query("set enable_bitmapscan = off");
      return void (await session.query("listen marketmesh_outbox"));
    }
    await never.sleep(candidateWaitMs, signal);
  }
}

async function lead(
  options: RelayOptions,
  session: DedicatedSession,
  awake: WakeUp,
  signal: AbortSignal,
): Promise<void> {
  const token = await options.database.background(takeLead);
  options.onNotice({ level: "info", message: "relay leads", attributes: { token: String(token) } });
  const gathering = wakeUp();
  let stream: StreamState | undefined;
  let checkedMs = 0;
  let purgedMs = 0;
  // Stamped and not published: what a leader before us left, what failed, and what is republished.
  let lookedMs = Number.NEGATIVE_INFINITY;
  for (let failures = 0; !signal.aborted; ) {
    try {
      if (!stream || performance.now() - checkedMs > streamCheckMs) {
        stream = await ensureStream(options.manager, streamOptions(options));
        checkedMs = performance.now();
      }
      const look = performance.now() - lookedMs > lookMs;
      const { moved, left } = await cycle(options, token, stream, look);
      if (look && !left) lookedMs = performance.now();
      if (performance.now() - purgedMs > (options.purgeEveryMs ?? purgeEveryMs)) {
        await purge(options.database);
        purgedMs = performance.now();
      }
      failures = 0;
      if (moved === 0) await rest(session, awake, signal);
      else if (moved < smallBatch) await gathering.sleep(gatherMs(moved), signal);
    } catch (error) {
      if (error instanceof DeposedError || signal.aborted || isFault(error)) throw error;
      stream = undefined;
      lookedMs = Number.NEGATIVE_INFINITY;
      options.onNotice({
        level: "warn",
        message: "relay waits",
        attributes: { error: String(error), failures },
      });
      await awake.sleep(backoffMs(failures++), signal);
    }
  }
}

/**
 * Moves one batch of facts: some that are stamped and not published, if it is to look and there are `left`, else those that
 * it stamps. Tells how many it moved.
 */
async function cycle(
  options: RelayOptions,
  token: bigint,
  stream: StreamState,
  look: boolean,
): Promise<{ moved: number; left: boolean }> {
  const { database, client, names, service } = options;
  let rows = look ? await database.background((tx) => readUnpublished(tx, rowsMax), { readOnly: true }) : [];
  const left = rows.length > 0;
  if (!left) {
    rows = await database.background((tx) => stamp(tx, token, rowsMax));
    if (rows.length === 0) return { moved: 0, left };
    await options.onStep?.("stamped");
  }
  const { published, failure } = await publish(client, names, service, rows);
  options.metrics.counter(relayPublished).add(published.length);
  await options.onStep?.("published");
  if (published.length > 0) {
    await database.background((tx) => markPublished(tx, token, published, stream.identity));
    await options.onStep?.("marked");
  }
  if (failure !== undefined) throw failure;
  return { moved: rows.length, left };
}

/**
 * Sleeps until an announcing transaction wakes us. Who holds `asleepLock` sleeps; while a transaction that saw us awake
 * is still under way the lock is not to be had, so we look again soon instead.
 */
async function rest(session: DedicatedSession, awake: WakeUp, signal: AbortSignal): Promise<void> {
  const [row] = await session.query<{ asleep: boolean }>(
    `select pg_try_advisory_lock(${asleepLock}) as asleep`,
  );
  if (!row?.asleep) return awake.sleep(busyPollMs, signal);
  try {
    const [left] = await session.query<{ left: boolean }>(
      "select exists (select from marketmesh.outbox where feed_seq is null) as left",
    );
    if (!left?.left) await awake.sleep(pollMs, signal);
  } finally {
    if (!session.lost.aborted) await session.query(`select pg_advisory_unlock(${asleepLock})`);
  }
}

/** Ends the relay at a fault point of a test the way a crash would: without a retry. */
export class RelayFault extends Error {
  override readonly name = "RelayFault";
}

function isFault(error: unknown): boolean {
  return error instanceof RelayFault;
}

function streamOptions({ names, service, streamBytesMax, replicas }: RelayOptions) {
  return {
    name: names.stream(service),
    subjects: names.subjects(service),
    bytesMax: streamBytesMax,
    replicas,
  };
}
