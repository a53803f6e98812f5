import { type Announced, announcedAfter } from "@marketmesh/events";
import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";

export type CountedFeed = "hold" | "offer" | "allocation";

/**
 * Facts of a feed that no replica has counted yet, at most `limit`; they count as counted once the transaction commits.
 * Empty while another replica counts.
 */
export async function takeUncounted(tx: Tx, feed: CountedFeed, limit: number): Promise<readonly Announced[]> {
  const [cursor] = await tx.execute<{ feed_epoch: string; feed_seq: string }>(
    sql`select feed_epoch, feed_seq from counted_feeds where feed = ${feed} for update skip locked`,
  );
  if (!cursor) return [];
  const from = { epoch: BigInt(cursor.feed_epoch), feedSeq: BigInt(cursor.feed_seq) };
  const facts = await announcedAfter(tx, feed, from, limit);
  const last = facts.at(-1)?.position;
  if (last)
    await tx.execute(sql`update counted_feeds set feed_epoch = ${last.epoch}, feed_seq = ${last.feedSeq}
      where feed = ${feed}`);
  return facts;
}

/** A new allocation and how long its demand had been open. */
export interface FillTime {
  readonly market: string;
  readonly seconds: number;
}

/** Of allocations that were announced; wall time. */
export async function readFillTimes(tx: Tx, allocations: readonly Announced[]): Promise<FillTime[]> {
  if (allocations.length === 0) return [];
  const given = columns(allocations, {
    market: ["text", ({ market }) => market],
    bucket: ["int4", ({ aggregateId }) => bucketOf(aggregateId)],
    id: ["text", ({ aggregateId }) => aggregateId],
    occur_time: ["timestamptz", ({ occurTime }) => occurTime.toISOString()],
  });
  const rows = await tx.execute<{ market: string; seconds: number }>(sql`
    select a.market, extract(epoch from given.occur_time - l.create_time)::float8 as seconds
    from ${given} join allocations a using (market, bucket, id)
    join capacity_levels l on l.market = a.market and l.listing_id = a.demand`);
  return rows.map(({ market, seconds }) => ({ market, seconds: Math.max(0, seconds) }));
}

/** What the demand of a market asks for and has, in units. */
export interface DemandUnits {
  readonly market: string;
  readonly asked: number;
  readonly held: number;
  readonly allocated: number;
}

/** Of open demands and of closed ones that got something; reads at most 1,000,000 levels. */
export async function readDemandUnits(tx: Tx): Promise<DemandUnits[]> {
  const rows = await tx.execute<{ market: string; asked: string; held: string; allocated: string }>(sql`
    select market, sum(on_hand) as asked, sum(held) as held, sum(allocated) as allocated
    from (select market, on_hand, held, allocated from capacity_levels
      where side = 'DEMAND' and not unlimited and (open or held + allocated > 0) limit 1000000) demand
    group by market order by market`);
  return rows.map(({ market, ...units }) => ({
    market,
    asked: Number(units.asked),
    held: Number(units.held),
    allocated: Number(units.allocated),
  }));
}

/** Holds that are HELD by market; counts at most 1,000,000. */
export async function countHeld(tx: Tx): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.execute<{ market: string; holds: string }>(sql`
    select market, count(*) as holds
    from (select market from holds where state = 'HELD' limit 1000000) held group by market order by market`);
  return new Map(rows.map(({ market, holds }) => [market, Number(holds)]));
}

/** Holds that should have ended by their market's clock a minute ago; counts at most 10,000. */
export async function countOverdue(tx: Tx): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.execute<{ market: string; holds: string }>(sql`
    select market, count(*) as holds
    from (select h.market from holds h left join clocks c on c.market = h.market
      where h.state = 'HELD' and h.expire_time < coalesce(c.market_time, now()) - interval '1 minute'
      limit 10000) overdue
    group by market order by market`);
  return new Map(rows.map(({ market, holds }) => [market, Number(holds)]));
}
