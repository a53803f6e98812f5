import type { Envelope } from "@marketmesh/contracts/events/v1";
import type { Database, Tx } from "@marketmesh/postgres";
import type { Metrics, Reading } from "@marketmesh/telemetry";
import { sql } from "drizzle-orm";
import type { JetStreamManager } from "nats";
import type { Handle } from "./events.ts";
import * as defined from "./metrics.ts";
import { byIndex } from "./stamping.ts";
import { wakeUp } from "./wake-up.ts";

const everyMs = 10_000;

/** A consumer at the broker, and whose it is. */
export interface Measured {
  readonly subscription: string;
  readonly way: "work" | "follow";
  /** Where it reads; undefined while it does not. */
  consumer(): { readonly stream: string; readonly name: string } | undefined;
  /** Of a follower: milliseconds since it last knew that it had the whole feed. */
  readonly staleMs?: () => number;
}

export interface MeasureOptions {
  readonly metrics: Metrics;
  readonly database: Database | undefined;
  /** Undefined until the broker was there once. */
  readonly manager: () => JetStreamManager | undefined;
  readonly subscriptions: readonly Measured[];
  /** Default 10 s. */
  readonly everyMs?: number;
}

interface Sample {
  readonly lag: readonly Reading[];
  readonly unpublished: number;
  readonly ageSeconds: number;
  readonly dead: readonly Reading[];
  readonly parked: readonly Reading[];
}

/**
 * Looks every ten seconds how far the relay and the subscriptions are. Every replica looks: what they share they agree
 * about, and it is seen while nobody leads too. What cannot be asked keeps its last value.
 */
export async function measure(options: MeasureOptions, signal: AbortSignal): Promise<void> {
  const { metrics, database, subscriptions } = options;
  let sample: Sample = { lag: [], unpublished: 0, ageSeconds: 0, dead: [], parked: [] };
  metrics.gauge(defined.consumerLag, { read: () => sample.lag });
  metrics.gauge(defined.followStaleness, { read: () => subscriptions.flatMap(staleness) });
  if (database) {
    metrics.gauge(defined.outboxUnpublished, { read: () => sample.unpublished });
    metrics.gauge(defined.outboxAge, { read: () => sample.ageSeconds });
    metrics.gauge(defined.deadLetters, { read: () => sample.dead });
    metrics.gauge(defined.parkedEvents, { read: () => sample.parked });
  }
  const idle = wakeUp();
  while (!signal.aborted) {
    const [lag, rows] = await Promise.all([
      readLag(options).catch(() => ({})),
      database?.background(readRows, { readOnly: true, timeoutMs: 5_000, signal }).catch(() => ({})),
    ]);
    sample = { ...sample, ...lag, ...rows };
    await idle.sleep(options.everyMs ?? everyMs, signal);
  }
}

/** Tells how old events are when they have been handled. */
export function timed(metrics: Metrics, subscription: string, handle: Handle): Handle {
  const seconds = metrics.histogram(defined.consumerDelay).series({ subscription });
  return async (tx, envelopes) => {
    await handle(tx, envelopes);
    for (const envelope of envelopes) seconds.observe(ageSeconds(envelope));
  };
}

function ageSeconds({ occurTime }: Envelope): number {
  if (!occurTime) return 0;
  return Math.max(0, Date.now() / 1_000 - Number(occurTime.seconds) - occurTime.nanos / 1e9);
}

function staleness({ subscription, staleMs }: Measured): Reading[] {
  return staleMs ? [{ labels: { subscription }, value: staleMs() / 1_000 }] : [];
}

async function readLag(options: MeasureOptions): Promise<Pick<Sample, "lag">> {
  const manager = options.manager();
  if (!manager) return { lag: [] };
  const lag = await Promise.all(
    options.subscriptions.map(async ({ subscription, way, consumer }): Promise<Reading[]> => {
      const at = consumer();
      const info = at && (await manager.consumers.info(at.stream, at.name).catch(() => undefined));
      return info ? [{ labels: { subscription, way }, value: info.num_pending + info.num_ack_pending }] : [];
    }),
  );
  return { lag: lag.flat() };
}

/** Bounded by what the partial indexes hold. An event that is republished is not late: its age is left out. */
async function readRows(tx: Tx): Promise<Omit<Sample, "lag">> {
  await tx.execute(sql`select ${byIndex}`);
  const [outbox] = await tx.execute<{ unpublished: string; age: number }>(sql`
    with waiting as (
      (select occur_time, attempt from marketmesh.outbox where feed_seq is null order by id limit 50000)
      union all
      (select occur_time, attempt from marketmesh.outbox
        where feed_seq is not null and publish_time is null order by feed, feed_seq limit 50000))
    select count(*) as unpublished, coalesce(extract(epoch from
      clock_timestamp() - min(occur_time) filter (where attempt = 0)), 0)::float8 as age from waiting`);
  const dead = await tx.execute<{ subscription: string; events: string }>(sql`
    select subscription, count(*) as events
    from (select subscription from marketmesh.dead_letters where state = 'DEAD' limit 10000) dead group by 1`);
  const parked = await tx.execute<{ subscription: string; events: string }>(sql`
    select subscription, count(*) as events
    from (select subscription from marketmesh.parked_events limit 10000) parked group by 1`);
  const reading = ({ subscription, events }: { subscription: string; events: string }): Reading => ({
    labels: { subscription },
    value: Number(events),
  });
  return {
    unpublished: Number(outbox?.unpublished ?? 0),
    ageSeconds: Math.max(0, outbox?.age ?? 0),
    dead: dead.map(reading),
    parked: parked.map(reading),
  };
}
