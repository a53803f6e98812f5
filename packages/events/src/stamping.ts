import type { Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";

/** Another process leads now; whatever this one still holds is the new one's business. */
export class DeposedError extends Error {
  override readonly name = "DeposedError";
}

/** A stamped fact that the broker does not have yet. */
export interface StampedRow extends Record<string, unknown> {
  readonly id: string;
  readonly market: string;
  readonly bucket: number;
  readonly feed: string;
  readonly aggregate_id: string;
  readonly version: string;
  readonly fact_type: string;
  readonly fact: Buffer;
  readonly traceparent: string;
  readonly occur_ms: string;
  readonly feed_epoch: string;
  readonly feed_seq: string;
  readonly attempt: number;
}

/** Where a published fact is in the stream. */
export interface PublishedRow {
  readonly id: string;
  readonly streamSeq: number;
}

const stampedColumns = sql.raw(
  ["id", "market", "bucket", "feed", "aggregate_id", "version", "fact_type", "fact", "traceparent"]
    .concat(["feed_epoch", "feed_seq", "attempt"])
    .map((name) => `o.${name}`)
    .concat("(extract(epoch from o.occur_time) * 1000)::bigint as occur_ms")
    .join(", "),
);

/** Takes the lead: from now on a transaction with an older token stops. Waits for one that is under way. */
export async function takeLead(tx: Tx): Promise<bigint> {
  const [row] = await tx.execute<{ token: string }>(
    sql`update marketmesh.relay_leader set token = token + 1 returning token`,
  );
  return BigInt(row?.token ?? 0);
}

// The row stays locked until the transaction ends: nobody can take the lead in between.
async function checkLead(tx: Tx, token: bigint, settings: SQL): Promise<void> {
  const [row] = await tx.execute<{ token: string }>(
    sql`select token, ${settings} from marketmesh.relay_leader for update`,
  );
  if (BigInt(row?.token ?? -1) !== token) throw new DeposedError("another relay leads");
}

// What would read more of the outbox than the facts in hand: the planner does not know how few they are.
const without = ["bitmapscan", "seqscan", "sort", "hashjoin", "mergejoin"];

/**
 * Settings of a transaction that deals with the few facts that are on their way: it finds each by an index. The partial
 * indexes hold little but entries of facts that have passed, until a vacuum; a plain index scan clears away those that it
 * meets, a bitmap scan meets them every time anew.
 */
export const byIndex = sql.raw(without.map((way) => `set_config('enable_${way}', 'off', true)`).join(", "));

/**
 * Gives committed facts their positions, in id order and dense per feed; returns them in feed order. A slower transaction
 * with a lower id is stamped later: nothing is lost, and ids of one aggregate ascend because its lock was held.
 */
export async function stamp(tx: Tx, token: bigint, rowsMax: number): Promise<readonly StampedRow[]> {
  await checkLead(tx, token, byIndex);
  const rows = await tx.execute<StampedRow>(sql`
    with picked as (
      select id, feed, row_number() over (partition by feed order by id) as place
      from (select id, feed from marketmesh.outbox where feed_seq is null order by id limit ${rowsMax}) waiting),
    counted as (select feed, count(*) as places from picked group by feed),
    counter as (
      insert into marketmesh.feeds as f (feed, last_seq) select feed, places from counted order by feed
      on conflict (feed) do update set last_seq = f.last_seq + excluded.last_seq
      returning feed, epoch, last_seq)
    update marketmesh.outbox o
    set feed_epoch = counter.epoch, feed_seq = counter.last_seq - counted.places + picked.place
    from picked join counted using (feed) join counter using (feed)
    where o.id = picked.id
    returning ${stampedColumns}`);
  return [...rows].sort(inFeedOrder);
}

function inFeedOrder(a: StampedRow, b: StampedRow): number {
  if (a.feed !== b.feed) return a.feed < b.feed ? -1 : 1;
  return Number(a.feed_seq) - Number(b.feed_seq);
}

/** Stamped facts that the broker does not have, in feed order. */
export async function readUnpublished(tx: Tx, rowsMax: number): Promise<readonly StampedRow[]> {
  await tx.execute(sql`select ${byIndex}`);
  return tx.execute<StampedRow>(sql`select ${stampedColumns} from marketmesh.outbox o
    where feed_seq is not null and publish_time is null order by feed, feed_seq limit ${rowsMax}`);
}

/** Records that the broker has them and where. Counts each fact once, however often it is republished. */
export async function markPublished(
  tx: Tx,
  token: bigint,
  published: readonly PublishedRow[],
  streamIdentity: string,
): Promise<void> {
  // Losing this commit in a crash only means publishing again.
  await checkLead(tx, token, sql`${byIndex}, set_config('synchronous_commit', 'off', true)`);
  // In id order the rows lie side by side, and a fact's place among the ids is found by halves. No join: whatever an analyze of an
  // outbox at rest makes the planner believe of what is on its way, it cannot compare each fact with each.
  const inOrder = [...published].sort((a, b) => Number(BigInt(a.id) - BigInt(b.id)));
  const ids = sql`cast(${`{${inOrder.map(({ id }) => id).join(",")}}`} as bigint[])`;
  const streamSeqs = sql`cast(${`{${inOrder.map(({ streamSeq }) => streamSeq).join(",")}}`} as bigint[])`;
  await tx.execute(sql`
    with marked as (
      update marketmesh.outbox o
      set publish_time = clock_timestamp(), stream_seq = (${streamSeqs})[width_bucket(o.id, ${ids})],
        stream_identity = ${streamIdentity}
      where o.id = any(${ids}) and o.publish_time is null returning o.attempt)
    insert into marketmesh.event_counters as c (name, slot, value)
    select 'published', 0, count(*) from marked where attempt = 0
    on conflict (name, slot) do update set value = c.value + excluded.value`);
}
