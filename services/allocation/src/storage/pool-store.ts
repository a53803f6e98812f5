import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";
import type { ChangedPool } from "../domain/ledger.ts";
import type { Level } from "../domain/level.ts";
import type { Place, Pool } from "../domain/pool.ts";
import { inChunks } from "./chunks.ts";
import { marketTime } from "./clock-store.ts";
import { optionalDateOf, type Timestamp } from "./time.ts";

/** A row of capacity_pools, as json or as columns. */
export interface PoolRow extends Record<string, unknown> {
  readonly location: string;
  readonly slot: string;
  readonly start_time: Timestamp | null;
  readonly end_time: Timestamp | null;
  readonly on_hand: number | string;
  readonly held: number | string;
  readonly allocated: number | string;
}

const fields = sql.raw("p.location, p.slot, p.start_time, p.end_time, p.on_hand, p.held, p.allocated");

/** Pools that can still matter to a claim or to one that is held. */
function current(market: string | SQL): SQL {
  return sql`(p.end_time is null or p.on_hand > p.allocated or p.allocated = 0 or p.end_time > ${marketTime(market)})`;
}

/** The pools of a level `l` in one value of its row, seen with the row; null where it has none. */
export function poolsOfLevel(market: string | SQL): SQL {
  return poolsWhere(current(market));
}

/**
 * Likewise, only what says how much is left: slots that are over with units free, which nobody can claim, and of the other pools the
 * one that has most, for a claim is never split.
 */
export function tellingPoolsOfLevel(market: string | SQL): SQL {
  const time = marketTime(market);
  return poolsWhere(sql`((p.end_time <= ${time} and p.on_hand > p.held + p.allocated) or (p.location, p.slot) = (
    select q.location, q.slot from capacity_pools q where q.market = l.market and q.bucket = l.bucket
      and q.listing_id = l.listing_id and (q.end_time is null or q.end_time > ${time})
    order by q.on_hand - q.held - q.allocated desc, q.location, q.slot limit 1))`);
}

function poolsWhere(condition: SQL): SQL {
  return sql`case when l.pool_count > 0 then (
    select jsonb_agg(jsonb_build_object('location', p.location, 'slot', p.slot, 'start_time', p.start_time,
      'end_time', p.end_time, 'on_hand', p.on_hand, 'held', p.held, 'allocated', p.allocated)
      order by p.location, p.slot)
    from capacity_pools p where p.market = l.market and p.bucket = l.bucket and p.listing_id = l.listing_id
      and ${condition}) end`;
}

/** The levels with their pools as they are under the levels' locks: what was read together with a lock may be older than it. */
export async function withLockedPools(tx: Tx, market: string, levels: readonly Level[]): Promise<Level[]> {
  const pooled = levels.filter(({ poolCount }) => poolCount > 0).map(({ listingId }) => listingId);
  if (pooled.length === 0) return [...levels];
  const rows = await tx.execute<PoolRow & { listing_id: string }>(sql`
    select p.listing_id, ${fields} from capacity_pools p
    join ${columns(pooled, { bucket: ["int4", bucketOf], id: ["text", (id) => id] })}
      on p.market = ${market} and p.bucket = given.bucket and p.listing_id = given.id
    where ${current(market)} order by p.listing_id, p.location, p.slot`);
  const byListing = Map.groupBy(rows, (row) => row.listing_id);
  return levels.map((level) => {
    const pools = byListing.get(level.listingId);
    return pools ? { ...level, pools: pools.map(poolOf) } : level;
  });
}

/** Pools of a listing after a place, by location and slot; those of one location where it is named, also what is over. */
export async function listPools(
  tx: Tx,
  market: string,
  listingId: string,
  location: string | undefined,
  after: Place,
  limit: number,
): Promise<Pool[]> {
  const rows = await tx.execute<PoolRow>(sql`
    select ${fields} from capacity_pools p
    where p.market = ${market} and p.bucket = ${bucketOf(listingId)} and p.listing_id = ${listingId}
      and (p.location, p.slot) > (${after.location}, ${after.slot})
      ${location === undefined ? sql`` : sql`and p.location = ${location}`}
    order by p.location, p.slot limit ${limit}`);
  return rows.map(poolOf);
}

/** Which of these slots are over, with all their units allocated: they can neither change nor matter to a claim. */
export async function readUsedSlots(
  tx: Tx,
  market: string,
  listingId: string,
  location: string,
  slots: readonly string[],
): Promise<string[]> {
  const rows = await tx.execute<{ slot: string }>(sql`
    select p.slot from capacity_pools p
    where p.market = ${market} and p.bucket = ${bucketOf(listingId)} and p.listing_id = ${listingId}
      and p.location = ${location} and p.slot = any(${sql.param([...slots])}::text[]) and not ${current(market)}
    order by p.slot`);
  return rows.map(({ slot }) => slot);
}

/** Writes pools of levels that are locked, new ones too. */
export async function savePools(tx: Tx, market: string, changed: readonly ChangedPool[]): Promise<void> {
  for (const chunk of inChunks(changed)) {
    await tx.execute(sql`
      insert into capacity_pools (market, bucket, listing_id, location, slot, start_time, end_time, on_hand, held, allocated)
      select ${market}, * from ${columns(chunk, {
        ...keyColumns,
        start_time: ["timestamptz", ({ pool }) => pool.start ?? null],
        end_time: ["timestamptz", ({ pool }) => pool.end ?? null],
        on_hand: ["bigint", ({ pool }) => pool.onHand],
        held: ["bigint", ({ pool }) => pool.held],
        allocated: ["bigint", ({ pool }) => pool.allocated],
      })}
      on conflict (market, bucket, listing_id, location, slot) do update set start_time = excluded.start_time,
        end_time = excluded.end_time, on_hand = excluded.on_hand, held = excluded.held, allocated = excluded.allocated`);
  }
}

/** Removes pools of levels that are locked. */
export async function deletePools(
  tx: Tx,
  market: string,
  gone: readonly { readonly listingId: string; readonly pool: Place }[],
): Promise<void> {
  for (const chunk of inChunks(gone)) {
    await tx.execute(sql`
      delete from capacity_pools p using ${columns(chunk, keyColumns)}
      where p.market = ${market} and p.bucket = given.bucket and p.listing_id = given.listing_id
        and p.location = given.location and p.slot = given.slot`);
  }
}

type Keyed = { readonly listingId: string; readonly pool: Place };
const keyColumns = {
  bucket: ["int4", ({ listingId }: Keyed) => bucketOf(listingId)],
  listing_id: ["text", ({ listingId }: Keyed) => listingId],
  location: ["text", ({ pool }: Keyed) => pool.location],
  slot: ["text", ({ pool }: Keyed) => pool.slot],
} as const;

export function poolOf(row: PoolRow): Pool {
  return {
    location: row.location,
    slot: row.slot,
    start: optionalDateOf(row.start_time),
    end: optionalDateOf(row.end_time),
    onHand: Number(row.on_hand),
    held: Number(row.held),
    allocated: Number(row.allocated),
  };
}
