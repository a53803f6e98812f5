import { Code, ConnectError } from "@connectrpc/connect";
import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { activeTraceparent } from "@marketmesh/telemetry";
import { sql } from "drizzle-orm";
import type { Announcement } from "./announcement.ts";
import type { FeedPosition } from "./events.ts";

// What the broker takes by default is 1 MiB a message; a larger fact would hold up everything behind it.
const factBytesMax = 768 * 1024;

/**
 * Announces facts in the transaction that makes them true: one statement for all of them.
 *
 * Call it after the aggregates' row locks are held, so that outbox ids ascend per aggregate. Throws INVALID_ARGUMENT for
 * a fact over 768 KiB.
 */
export async function announce(tx: Tx, facts: readonly Announcement[]): Promise<void> {
  if (facts.length === 0) return;
  for (const { feed, fact } of facts)
    if (fact.value.length > factBytesMax) throw tooLarge(feed, fact.value.length);
  const active = activeTraceparent();
  const given = columns(facts, {
    market: ["text", (row) => row.market],
    bucket: ["smallint", (row) => bucketOf(row.aggregateId)],
    feed: ["text", (row) => row.feed],
    aggregate_id: ["text", (row) => row.aggregateId],
    version: ["bigint", (row) => row.version],
    fact_type: ["text", (row) => row.fact.typeUrl],
    fact: ["bytea", (row) => row.fact.value],
    traceparent: ["text", (row) => row.traceparent ?? active],
  });
  await tx.execute(sql`
    with announced as (
      insert into marketmesh.outbox (market, bucket, feed, aggregate_id, version, fact_type, fact, traceparent)
      select * from ${given})
    select marketmesh.wake_relay()`);
}

/**
 * The position of a feed that the transaction's snapshot contains: what an export answers, so that a follower knows
 * where to go on. Run it in the export's own `repeatable read` transaction.
 */
export async function feedPosition(tx: Tx, feed: string): Promise<FeedPosition> {
  const [row] = await tx.execute<{ epoch: string; last_seq: string }>(
    sql`select coalesce(epoch, 1) as epoch, coalesce(last_seq, 0) as last_seq from marketmesh.feed_position(${feed})`,
  );
  return { epoch: BigInt(row?.epoch ?? 1), feedSeq: BigInt(row?.last_seq ?? 0) };
}

function tooLarge(feed: string, bytes: number): ConnectError {
  return new ConnectError(
    `a fact of ${feed} has ${bytes} bytes, at most ${factBytesMax} can be announced`,
    Code.InvalidArgument,
  );
}
