import type { Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { FeedPosition } from "./events.ts";

/** A fact that this service announced, without its contents. */
export interface Announced {
  readonly market: string;
  /** Type of the fact, without its package: `HoldCreated`. */
  readonly factName: string;
  readonly aggregateId: string;
  readonly occurTime: Date;
  readonly position: FeedPosition;
}

/** The service's own facts of a feed after a position, in feed order, at most `limit`; at most those of the last 7 days. */
export async function announcedAfter(
  tx: Tx,
  feed: string,
  { epoch, feedSeq }: FeedPosition,
  limit: number,
): Promise<readonly Announced[]> {
  const rows = await tx.execute<{
    market: string;
    fact_name: string;
    aggregate_id: string;
    occur_ms: string;
    feed_epoch: string;
    feed_seq: string;
  }>(sql`
    select market, substring(fact_type from '[^.]*$') as fact_name, aggregate_id, feed_epoch, feed_seq,
      (extract(epoch from occur_time) * 1000)::bigint as occur_ms
    from marketmesh.outbox
    where feed = ${feed} and feed_seq is not null and (feed_epoch, feed_seq) > (${epoch}, ${feedSeq})
    order by feed_epoch, feed_seq limit ${limit}`);
  return rows.map((row) => ({
    market: row.market,
    factName: row.fact_name,
    aggregateId: row.aggregate_id,
    occurTime: new Date(Number(row.occur_ms)),
    position: { epoch: BigInt(row.feed_epoch), feedSeq: BigInt(row.feed_seq) },
  }));
}
