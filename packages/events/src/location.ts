import type { Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { StreamState } from "./stream.ts";

const lookMax = 5_000;

/** Where a follower that has a feed up to a position goes on. */
export interface Location {
  readonly epoch: bigint;
  readonly lastSeq: bigint;
  readonly streamSeq: bigint;
  /** Facts after the position are not in the stream, and no waiting brings them there. */
  readonly purged: boolean;
}

interface Row extends Record<string, unknown> {
  readonly epoch: string;
  readonly last_seq: string;
  readonly next_seq: string | null;
  readonly after_seq: string | null;
  readonly foreign_rows: boolean | null;
  readonly before_seq: string | null;
}

/**
 * Finds the place in the stream. Facts of a feed interleave by partition, so their stream sequences ascend only roughly:
 * the least among the next facts is taken; without any, the least among the last ones that the follower has. Both are
 * safe, because one transaction marks whatever was published together.
 *
 * The epoch is a value to the index, not a join: a join would sort the whole feed to find its end.
 */
export async function locate(tx: Tx, feed: string, feedSeq: bigint, stream: StreamState): Promise<Location> {
  const [row] = await tx.execute<Row>(sql`
    with feed as (
      select coalesce(max(epoch), 1) as epoch, coalesce(max(last_seq), 0) as last_seq
      from marketmesh.feeds where feed = ${feed}),
    later as (
      select o.feed_seq, o.stream_seq, o.stream_identity from marketmesh.outbox o
      where o.feed = ${feed} and o.feed_epoch = (select epoch from feed) and o.feed_seq > ${feedSeq}
      order by o.feed_seq limit ${lookMax}),
    earlier as (
      select o.stream_seq, o.stream_identity from marketmesh.outbox o
      where o.feed = ${feed} and o.feed_epoch = (select epoch from feed) and o.feed_seq <= ${feedSeq}
      order by o.feed_seq desc limit ${lookMax})
    select feed.epoch, feed.last_seq,
      (select min(feed_seq) from later) as next_seq,
      (select min(stream_seq) from later where stream_identity = ${stream.identity}) as after_seq,
      (select bool_or(stream_identity is not null
        and (stream_identity <> ${stream.identity} or stream_seq < ${stream.firstSeq})) from later) as foreign_rows,
      (select min(stream_seq) from earlier where stream_identity = ${stream.identity}) as before_seq
    from feed`);
  const lastSeq = BigInt(row?.last_seq ?? 0);
  const next = row?.next_seq ? BigInt(row.next_seq) : undefined;
  const missing = lastSeq > feedSeq && next !== feedSeq + 1n;
  return {
    epoch: BigInt(row?.epoch ?? 1),
    lastSeq,
    streamSeq: BigInt(row?.after_seq ?? row?.before_seq ?? 1),
    purged: missing || row?.foreign_rows === true,
  };
}
