import type { Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";

/** Names the durable subscription and its inbox rows; never changes. */
export const listingSubscription = "capacity-of-listings";

/** Inbox rows that one step looks at: several transactions of the projection. */
const rowsMax = 5_000;

/**
 * Moves the position up to which the listing feed is projected without a gap, and returns it; 0 while it is not known. Runs
 * in the background role, which alone sees the inbox. Last in a transaction of the projection: its row is shared by processes.
 *
 * A feed begins at 1. Where the broker keeps less, it begins with the first fact recorded, once that is a minute old: others
 * may still record earlier ones. A gap that nothing filled for a day is passed: what the broker lost does not come back.
 */
export async function advanceListingPosition(tx: Tx, epoch: bigint): Promise<bigint> {
  const before = await lockPosition(tx, epoch);
  // A statement of its own: only one that starts after the lock is held sees what its former holders recorded.
  const [row] = await tx.execute<{ position: string | null }>(sql`
    with recorded as (
      select feed_seq, record_time from marketmesh.inbox
      where subscription = ${listingSubscription} and feed = 'listing' and feed_epoch = ${String(epoch)}
        and feed_seq > ${String(before ?? 0n)}
      order by feed_seq limit ${rowsMax}),
    first as (select feed_seq, record_time from recorded order by feed_seq limit 1),
    base as (
      select case when feed_seq = ${String(before ?? 0n)}::bigint + 1
          or record_time < now() - ${before === undefined ? "1 minute" : "1 day"}::interval then feed_seq - 1 end as seq
      from first)
    select max(n.feed_seq) as position
    from (select feed_seq, row_number() over (order by feed_seq) as place from recorded) n, base
    where n.feed_seq = base.seq + n.place`);
  if (!row?.position) return before ?? 0n;
  await tx.execute(sql`update feed_positions set feed_seq = ${row.position} where ${keyOf(epoch)}`);
  return BigInt(row.position);
}

async function lockPosition(tx: Tx, epoch: bigint): Promise<bigint | undefined> {
  const lock = () =>
    tx.execute<{ feed_seq: string | null }>(
      sql`select feed_seq from feed_positions where ${keyOf(epoch)} for update`,
    );
  let [row] = await lock();
  if (!row) {
    await tx.execute(sql`insert into feed_positions (feed, feed_epoch) values ('listing', ${String(epoch)})
      on conflict do nothing`);
    [row] = await lock();
  }
  return row?.feed_seq ? BigInt(row.feed_seq) : undefined;
}

function keyOf(epoch: bigint) {
  return sql`feed = 'listing' and feed_epoch = ${String(epoch)}`;
}
