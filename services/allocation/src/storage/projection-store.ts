import type { Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";

/** Names the durable subscription and its inbox rows; never changes. */
export const listingSubscription = "capacity-of-listings";

/**
 * Up to where the listing feed is projected without a gap, from a position that is known to be. Runs in the background
 * role, which alone sees the inbox. Rows older than a day may be purged: before them nothing is missing.
 */
export async function readListingPosition(tx: Tx, epoch: bigint, from: bigint): Promise<bigint> {
  const [row] = await tx.execute<{ position: string | null }>(sql`
    with recorded as (
      select feed_seq, record_time from marketmesh.inbox
      where subscription = ${listingSubscription} and feed = 'listing' and feed_epoch = ${String(epoch)}
        and feed_seq > ${String(from)}),
    base as (
      select case when ${String(from)}::bigint > 0 then ${String(from)}::bigint
        else coalesce(min(feed_seq) filter (where record_time < now() - interval '1 day') - 1, 0) end as seq
      from recorded)
    select max(r.feed_seq) as position
    from (select feed_seq, row_number() over (order by feed_seq) as n from recorded, base where feed_seq > base.seq) r, base
    where r.feed_seq = base.seq + r.n`);
  return row?.position ? BigInt(row.position) : from;
}
