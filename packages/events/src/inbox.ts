import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Envelope, EnvelopeSchema } from "@marketmesh/contracts/events/v1";
import { columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";

/** How an event was recorded. */
export type Outcome = "handled" | "stale" | "parked" | "dead";

const slot = process.pid % 16;

/** Records events of a subscription; returns those that it had not recorded before. */
export async function record(
  tx: Tx,
  subscription: string,
  envelopes: readonly Envelope[],
  outcomeOf: (envelope: Envelope) => Outcome,
): Promise<readonly Envelope[]> {
  if (envelopes.length === 0) return [];
  const given = columns(envelopes, { ...keyColumns, outcome: ["text", outcomeOf] });
  const rows = await tx.execute<{ feed_epoch: string; event_id: string }>(sql`
    insert into marketmesh.inbox (subscription, service, feed_epoch, event_id, feed, feed_seq, outcome)
    select ${subscription}, service, feed_epoch, event_id, feed, feed_seq, outcome from ${given}
    order by service, feed_epoch, event_id
    on conflict do nothing returning feed_epoch, event_id`);
  if (rows.length < envelopes.length) await keepLonger(tx, subscription, envelopes);
  const fresh = new Set(rows.map((row) => `${row.feed_epoch}/${row.event_id}`));
  return envelopes.filter((envelope) => fresh.delete(`${envelope.feedEpoch}/${envelope.eventId}`));
}

// What comes again may come once more: each copy lives 7 days, so its record has to outlive the last one, not the first.
async function keepLonger(tx: Tx, subscription: string, envelopes: readonly Envelope[]): Promise<void> {
  await tx.execute(sql`update marketmesh.inbox i set record_time = now() from ${columns(envelopes, keyColumns)}
    where i.subscription = ${subscription} and i.record_time < now() - interval '1 day' and i.service = given.service
      and i.feed_epoch = given.feed_epoch and i.event_id = given.event_id`);
}

/** Changes how events that are recorded are recorded. */
export async function recordAgain(
  tx: Tx,
  subscription: string,
  envelopes: readonly Envelope[],
  outcome: Outcome,
): Promise<void> {
  if (envelopes.length === 0) return;
  await tx.execute(sql`update marketmesh.inbox i set outcome = ${outcome} from ${columns(envelopes, keyColumns)}
    where i.subscription = ${subscription} and i.outcome <> ${outcome} and i.service = given.service
      and i.feed_epoch = given.feed_epoch and i.event_id = given.event_id`);
}

/** Adds to a counter that survives restarts. Last in a transaction: its row is shared by processes. */
export async function count(tx: Tx, name: "consumed" | "redelivered" | "dead", by: number): Promise<void> {
  if (by === 0) return;
  await tx.execute(sql`insert into marketmesh.event_counters as c (name, slot, value) values (${name}, ${slot}, ${by})
    on conflict (name, slot) do update set value = c.value + excluded.value`);
}

/** The last handled version of each aggregate that the envelopes are about, by `aggregateKey`. */
export async function handledVersions(
  tx: Tx,
  subscription: string,
  envelopes: readonly Envelope[],
): Promise<Map<string, bigint>> {
  const rows = await tx.execute<{ key: string; version: string }>(sql`
    select distinct h.service || '/' || h.feed || '/' || h.market || '/' || h.aggregate_id as key, h.version
    from marketmesh.handled_versions h join ${columns(envelopes, aggregateColumns)}
      using (service, feed, market, aggregate_id)
    where h.subscription = ${subscription}`);
  return new Map(rows.map((row) => [row.key, BigInt(row.version)]));
}

/** Remembers that these were handled, for their successors. */
export async function saveHandledVersions(
  tx: Tx,
  subscription: string,
  envelopes: readonly Envelope[],
): Promise<void> {
  const given = columns(envelopes, {
    ...aggregateColumns,
    version: ["bigint", (row) => row.aggregateVersion],
  });
  await tx.execute(sql`
    insert into marketmesh.handled_versions as h (subscription, service, feed, market, aggregate_id, version)
    select ${subscription}, service, feed, market, aggregate_id, max(version) from ${given}
    group by service, feed, market, aggregate_id order by service, feed, market, aggregate_id
    on conflict (subscription, service, feed, market, aggregate_id)
    do update set version = greatest(h.version, excluded.version)`);
}

/** Puts events aside until their predecessors are handled. */
export async function park(tx: Tx, subscription: string, envelopes: readonly Envelope[]): Promise<void> {
  if (envelopes.length === 0) return;
  const given = columns(envelopes, {
    ...keyColumns,
    market: ["text", (row) => row.market],
    aggregate_id: ["text", (row) => row.aggregateId],
    version: ["bigint", (row) => row.aggregateVersion],
    envelope: ["bytea", (row) => toBinary(EnvelopeSchema, row)],
  });
  await tx.execute(sql`
    insert into marketmesh.parked_events
      (subscription, service, feed_epoch, event_id, feed, market, aggregate_id, version, envelope)
    select ${subscription}, service, feed_epoch, event_id, feed, market, aggregate_id, version, envelope
    from ${given} on conflict do nothing`);
}

/** Takes events whose predecessors are handled; another replica takes others meanwhile. */
export async function takeUnparkable(
  tx: Tx,
  subscription: string,
  eventsMax: number,
): Promise<readonly Envelope[]> {
  const rows = await tx.execute<{ envelope: Buffer }>(sql`
    delete from marketmesh.parked_events where ctid = any(array(
      select p.ctid from marketmesh.parked_events p join marketmesh.handled_versions h
        using (subscription, service, feed, market, aggregate_id)
      where p.subscription = ${subscription} and p.version <= h.version + 1
      order by p.service, p.feed_epoch, p.event_id limit ${eventsMax} for update of p skip locked))
    returning envelope`);
  return rows.map((row) => fromBinary(EnvelopeSchema, row.envelope));
}

/** Counts one more failed attempt; returns how many there are. */
export async function countAttempt(tx: Tx, subscription: string, envelope: Envelope): Promise<number> {
  const [row] = await tx.execute<{ attempts: number }>(sql`
    insert into marketmesh.failing_events as f (subscription, service, feed_epoch, event_id, attempts)
    values (${subscription}, ${envelope.service}, ${envelope.feedEpoch}, ${envelope.eventId}, 1)
    on conflict (subscription, service, feed_epoch, event_id) do update set attempts = f.attempts + 1
    returning attempts`);
  return row?.attempts ?? 1;
}

/** Gives an event up: recorded as dead, kept with its error for somebody to look at. */
export async function bury(
  tx: Tx,
  subscription: string,
  envelope: Envelope,
  failure: { readonly error: string; readonly attempts: number },
): Promise<void> {
  const key = sql`subscription = ${subscription} and service = ${envelope.service}
    and feed_epoch = ${envelope.feedEpoch} and event_id = ${envelope.eventId}`;
  await record(tx, subscription, [envelope], () => "dead");
  await recordAgain(tx, subscription, [envelope], "dead");
  await tx.execute(sql`delete from marketmesh.parked_events where ${key}`);
  await tx.execute(sql`delete from marketmesh.failing_events where ${key}`);
  const inserted = await tx.execute(sql`
    insert into marketmesh.dead_letters (subscription, service, feed_epoch, event_id, envelope, error, attempts)
    values (${subscription}, ${envelope.service}, ${envelope.feedEpoch}, ${envelope.eventId},
      ${toBinary(EnvelopeSchema, envelope)}, ${failure.error.slice(0, 1_000)}, ${failure.attempts})
    on conflict do nothing`);
  await count(tx, "dead", inserted.count);
}

/** Names an aggregate across services and feeds. */
export function aggregateKey(envelope: Envelope): string {
  return `${envelope.service}/${envelope.feed}/${envelope.market}/${envelope.aggregateId}`;
}

const keyColumns = {
  service: ["text", (row: Envelope) => row.service],
  feed_epoch: ["bigint", (row: Envelope) => row.feedEpoch],
  event_id: ["bigint", (row: Envelope) => row.eventId],
  feed: ["text", (row: Envelope) => row.feed],
  feed_seq: ["bigint", (row: Envelope) => row.feedSeq],
} as const;

const aggregateColumns = {
  service: ["text", (row: Envelope) => row.service],
  feed: ["text", (row: Envelope) => row.feed],
  market: ["text", (row: Envelope) => row.market],
  aggregate_id: ["text", (row: Envelope) => row.aggregateId],
} as const;
