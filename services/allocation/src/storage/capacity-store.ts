import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";
import type { Level, Side } from "../domain/level.ts";
import { noUnits, type Pool } from "../domain/pool.ts";
import { inChunks } from "./chunks.ts";
import { marketTime } from "./clock-store.ts";
import { type PoolRow, poolOf, poolsOfLevel, tellingPoolsOfLevel, withLockedPools } from "./pool-store.ts";
import { dateOf, optionalDateOf, type Timestamp } from "./time.ts";

interface LevelRow extends Record<string, unknown> {
  readonly listing_id: string;
  readonly kind: string;
  readonly side: Side;
  readonly ordinal: string;
  readonly ordinal_epoch: string;
  readonly owner_party: string;
  readonly open: boolean;
  readonly unlimited: boolean;
  readonly catalog_units: string;
  readonly adjustment: string;
  readonly on_hand: string;
  readonly held: string;
  readonly allocated: string;
  readonly exclusive_group: string;
  readonly groups: Readonly<Record<string, string>>;
  readonly embargo_until: Timestamp | null;
  readonly pool_count: number;
  readonly pooled_on_hand: string;
  readonly pooled_held: string;
  readonly pooled_allocated: string;
  /** Absent: not read with the row. */
  readonly pools?: readonly PoolRow[] | null;
  readonly listing_version: string;
  readonly version: string;
  readonly update_time: Timestamp;
}

const ownFields = sql.raw(
  [
    ...["listing_id", "kind", "side", "ordinal", "ordinal_epoch", "owner_party", "open", "unlimited"],
    ...["catalog_units", "adjustment", "on_hand", "held", "allocated", "exclusive_group", "groups"],
    ...["embargo_until", "pool_count", "pooled_on_hand", "pooled_held", "pooled_allocated"],
    ...["listing_version", "version", "update_time"],
  ]
    .map((name) => `l.${name}`)
    .join(", "),
);

/**
 * Locks levels in ascending (market, bucket, listing_id), the order that everyone takes, in one statement. Unknown ids
 * are left out. From then on the transaction takes pages for near.
 */
export async function lockLevels(tx: Tx, market: string, listingIds: Iterable<string>): Promise<Level[]> {
  const wanted = [...new Set(listingIds)];
  if (wanted.length === 0) return [];
  // One key after the other, as they are sorted. Joined freely, thousands of keys would read and sort the whole table while
  // those that are locked already wait.
  const rows = await tx.execute<LevelRow>(sql`
    select ${ownFields}
    from (select * from ${keysOf(wanted)} order by bucket, id collate "C") wanted
    cross join lateral (
      select * from capacity_levels k where k.market = ${market} and k.bucket = wanted.bucket and k.listing_id = wanted.id
      for update) l
    where (select ${pagesAreNear})`);
  return withLockedPools(tx, market, rows.map(levelOf));
}

// What is written under the locks has just been read: no page of it is far. By the planner's default a page found by its key costs
// four that are read in a row, so that a thousand rows were found by reading 50,000.
const pagesAreNear = sql.raw(`set_config('random_page_cost', '1.1', true) is not null`);

/** Levels as they are; they may change before the caller acts. Each has its pools as they are at the same moment. */
export async function readLevels(tx: Tx, market: string, listingIds: Iterable<string>): Promise<Level[]> {
  return selectLevels(tx, market, listingIds, poolsOfLevel(market));
}

/** Likewise, with only those of their pools that say how much is left: candidates are by the thousand. */
export async function readCandidateLevels(
  tx: Tx,
  market: string,
  listingIds: Iterable<string>,
): Promise<Level[]> {
  return selectLevels(tx, market, listingIds, tellingPoolsOfLevel(market));
}

/** Most listings have no pools, and to plan how they would be found costs more than to read the levels: only who has some is read with them. */
async function selectLevels(tx: Tx, market: string, ids: Iterable<string>, pools: SQL): Promise<Level[]> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return [];
  const levels = await selectByKey(tx, market, wanted, ownFields);
  const pooled = levels.filter(({ poolCount }) => poolCount > 0).map(({ listingId }) => listingId);
  if (pooled.length === 0) return levels;
  const complete = await selectByKey(tx, market, pooled, sql`${ownFields}, ${pools} as pools`);
  const completeOf = new Map(complete.map((level) => [level.listingId, level]));
  return levels.map((level) => completeOf.get(level.listingId) ?? level);
}

/** In ascending (bucket, listing_id). */
async function selectByKey(tx: Tx, market: string, ids: readonly string[], selected: SQL): Promise<Level[]> {
  const rows = await tx.execute<LevelRow>(sql`
    select ${selected} from capacity_levels l
    join ${keysOf(ids)} on l.market = ${market} and l.bucket = given.bucket and l.listing_id = given.id
    order by l.bucket, l.listing_id`);
  return rows.map(levelOf);
}

function keysOf(ids: readonly string[]): SQL {
  return columns(ids, { bucket: ["int4", bucketOf], id: ["text", (id) => id] });
}

/** Listings of one kind by ordinal, within an epoch; ordinals without a level are left out. */
export async function readIdsByOrdinal(
  tx: Tx,
  market: string,
  kind: string,
  epoch: number,
  ordinals: readonly number[],
): Promise<{ readonly ordinal: number; readonly id: string }[]> {
  const rows = await tx.execute<{ ordinal: string; listing_id: string }>(sql`
    select l.ordinal, l.listing_id from capacity_levels l
    where l.market = ${market} and l.kind = ${kind} and l.ordinal_epoch = ${epoch}
      and l.ordinal = any(${sql.param([...ordinals])}::bigint[])`);
  return rows.map((row) => ({ ordinal: Number(row.ordinal), id: row.listing_id }));
}

/** Likewise those after an ordinal, ascending. */
export async function readIdsAfter(
  tx: Tx,
  market: string,
  kind: string,
  epoch: number,
  after: number,
  limit: number,
): Promise<{ readonly ordinal: number; readonly id: string }[]> {
  const rows = await tx.execute<{ ordinal: string; listing_id: string }>(sql`
    select l.ordinal, l.listing_id from capacity_levels l
    where l.market = ${market} and l.kind = ${kind} and l.ordinal_epoch = ${epoch} and l.ordinal > ${after}
    order by l.ordinal limit ${limit}`);
  return rows.map((row) => ({ ordinal: Number(row.ordinal), id: row.listing_id }));
}

/** Ordinals of open supplies that have nothing left, in the kind's newest epoch, ascending; at most 1,000,000. */
export async function readTakenOrdinals(tx: Tx, market: string, kind: string): Promise<TakenOrdinals> {
  const [row] = await tx.execute<{ epoch: string | null; ordinals: readonly string[] | null }>(sql`
    select ordinal_epoch as epoch, (array_agg(ordinal order by ordinal)
      filter (where open and not unlimited and held + allocated >= on_hand))[1:1000000] as ordinals
    from capacity_levels where market = ${market} and kind = ${kind}
    group by ordinal_epoch order by ordinal_epoch desc limit 1`);
  return { epoch: Number(row?.epoch ?? 0), ordinals: (row?.ordinals ?? []).map(Number) };
}

export interface TakenOrdinals {
  readonly epoch: number;
  readonly ordinals: readonly number[];
}

/**
 * Levels that may take part in a round: open ones of a kind without an embargo, by listing id; page by page of at most `limit`. Of
 * their pools only what says how much is left: a round does not want to know where.
 */
export async function readOpenLevels(
  tx: Tx,
  market: string,
  kind: string,
  after: string,
  limit: number,
): Promise<Level[]> {
  const rows = await tx.execute<LevelRow>(sql`
    select ${ownFields}, ${tellingPoolsOfLevel(market)} as pools from capacity_levels l
    where l.market = ${market} and l.kind = ${kind} and l.open and l.listing_id > ${after}
      and (l.embargo_until is null or l.embargo_until <= ${marketTime(market)})
    order by l.listing_id limit ${limit}`);
  return rows.map(levelOf);
}

/** Levels without their pools: a page of calendars would have a million. */
export async function listLevels(tx: Tx, market: string, after: string, limit: number): Promise<Level[]> {
  const rows = await tx.execute<LevelRow>(sql`
    select ${ownFields} from capacity_levels l where l.market = ${market} and l.listing_id > ${after}
    order by l.listing_id limit ${limit}`);
  return rows.map(levelOf);
}

/** Pools that levels of one part of an export may have together, those of its last level aside. */
const poolsPerPart = 5_000;

/** Levels of a market, or of all, in key order, with their pools: for an export. Fewer than `limit` where they have many. */
export async function exportLevels(
  tx: Tx,
  market: string | undefined,
  after: { readonly market: string; readonly listingId: string },
  limit: number,
): Promise<{ readonly market: string; readonly level: Level }[]> {
  const rows = await tx.execute<LevelRow & { market: string }>(sql`
    select l.market, ${ownFields}, ${poolsOfLevel(sql`l.market`)} as pools
    from (select n.*, sum(n.pool_count) over (order by n.market, n.listing_id) - n.pool_count as pools_before from (
      select * from capacity_levels k
      where (k.market, k.listing_id) > (${after.market}, ${after.listingId})
        and ${market === undefined ? sql`true` : sql`k.market = ${market}`}
      order by k.market, k.listing_id limit ${limit}) n) l
    where l.pools_before < ${poolsPerPart}
    order by l.market, l.listing_id`);
  return rows.map((row) => ({ market: row.market, level: levelOf(row) }));
}

/** Writes held, allocated and on-hand units of levels that are locked; not their pools. */
export async function saveClaims(tx: Tx, market: string, levels: readonly Level[]): Promise<void> {
  const [plain, pooled] = [levels.filter((l) => l.poolCount === 0), levels.filter((l) => l.poolCount > 0)];
  for (const chunk of inChunks(plain)) {
    await tx.execute(sql`
      update capacity_levels l set held = given.held, allocated = given.allocated, on_hand = given.on_hand,
        version = given.version, update_time = given.update_time
      from ${columns(chunk, claimColumns)}
      where l.market = ${market} and l.bucket = given.bucket and l.listing_id = given.id`);
  }
  for (const chunk of inChunks(pooled)) {
    await tx.execute(sql`
      update capacity_levels l set held = given.held, allocated = given.allocated, on_hand = given.on_hand,
        pooled_on_hand = given.pooled_on_hand, pooled_held = given.pooled_held, pooled_allocated = given.pooled_allocated,
        version = given.version, update_time = given.update_time
      from ${columns(chunk, { ...claimColumns, ...pooledColumns })}
      where l.market = ${market} and l.bucket = given.bucket and l.listing_id = given.id`);
  }
}

const claimColumns = {
  bucket: ["int4", (level: Level) => bucketOf(level.listingId)],
  id: ["text", (level: Level) => level.listingId],
  held: ["bigint", (level: Level) => level.held],
  allocated: ["bigint", (level: Level) => level.allocated],
  on_hand: ["bigint", (level: Level) => level.onHand],
  version: ["bigint", (level: Level) => level.version],
  update_time: ["timestamptz", (level: Level) => level.updateTime],
} as const;

const pooledColumns = {
  pooled_on_hand: ["bigint", (level: Level) => level.pooled.onHand],
  pooled_held: ["bigint", (level: Level) => level.pooled.held],
  pooled_allocated: ["bigint", (level: Level) => level.pooled.allocated],
} as const;

/** Writes what a change of stock did to a level that is locked; not its pools. */
export async function saveStock(tx: Tx, market: string, level: Level): Promise<void> {
  await tx.execute(sql`
    update capacity_levels l set adjustment = ${level.adjustment}, on_hand = ${level.onHand}, embargo_until = ${level.embargoUntil?.toISOString() ?? null},
      pool_count = ${level.poolCount}, pooled_on_hand = ${level.pooled.onHand}, pooled_held = ${level.pooled.held},
      pooled_allocated = ${level.pooled.allocated}, version = ${level.version},
      update_time = ${level.updateTime.toISOString()}
    where l.market = ${market} and l.bucket = ${bucketOf(level.listingId)} and l.listing_id = ${level.listingId}`);
}

/** Inserts levels; returns the ids of those that were not there, for somebody may have been faster. */
export async function insertLevels(tx: Tx, market: string, levels: readonly Level[]): Promise<Set<string>> {
  const inserted = new Set<string>();
  for (const chunk of inChunks(levels)) {
    const rows = await tx.execute<{ listing_id: string }>(sql`
      insert into capacity_levels (market, bucket, listing_id, kind, side, ordinal, ordinal_epoch, owner_party, open,
        unlimited, catalog_units, adjustment, on_hand, held, allocated, exclusive_group, groups, listing_version, version,
        update_time)
      select ${market}, * from ${columns(chunk, levelColumns)} order by bucket, listing_id
      on conflict (market, bucket, listing_id) do nothing returning listing_id`);
    for (const row of rows) inserted.add(row.listing_id);
  }
  return inserted;
}

/** Writes levels that are locked, all but their claims. */
export async function saveLevels(tx: Tx, market: string, levels: readonly Level[]): Promise<void> {
  for (const chunk of inChunks(levels)) {
    await tx.execute(sql`
      update capacity_levels l set
        kind = given.kind, side = given.side, ordinal = given.ordinal, ordinal_epoch = given.ordinal_epoch,
        owner_party = given.owner_party, open = given.open, unlimited = given.unlimited,
        catalog_units = given.catalog_units, adjustment = given.adjustment, on_hand = given.on_hand,
        exclusive_group = given.exclusive_group, groups = given.groups, listing_version = given.listing_version,
        version = given.version, update_time = given.update_time
      from ${columns(chunk, levelColumns)}
      where l.market = ${market} and l.bucket = given.bucket and l.listing_id = given.listing_id`);
  }
}

const levelColumns = {
  bucket: ["int4", (level: Level) => bucketOf(level.listingId)],
  listing_id: ["text", (level: Level) => level.listingId],
  kind: ["text", (level: Level) => level.kind],
  side: ["text", (level: Level) => level.side],
  ordinal: ["bigint", (level: Level) => level.ordinal],
  ordinal_epoch: ["bigint", (level: Level) => level.ordinalEpoch],
  owner_party: ["text", (level: Level) => level.ownerParty],
  open: ["boolean", (level: Level) => level.open],
  unlimited: ["boolean", (level: Level) => level.unlimited],
  catalog_units: ["bigint", (level: Level) => level.catalogUnits],
  adjustment: ["bigint", (level: Level) => level.adjustment],
  on_hand: ["bigint", (level: Level) => level.onHand],
  held: ["bigint", (level: Level) => level.held],
  allocated: ["bigint", (level: Level) => level.allocated],
  exclusive_group: ["text", (level: Level) => level.exclusiveGroup],
  groups: ["jsonb", (level: Level) => JSON.stringify(level.groups)],
  listing_version: ["bigint", (level: Level) => level.listingVersion],
  version: ["bigint", (level: Level) => level.version],
  update_time: ["timestamptz", (level: Level) => level.updateTime],
} as const;

const noPools: readonly Pool[] = [];

function levelOf(row: LevelRow): Level {
  return {
    listingId: row.listing_id,
    kind: row.kind,
    side: row.side,
    ordinal: Number(row.ordinal),
    ordinalEpoch: Number(row.ordinal_epoch),
    ownerParty: row.owner_party,
    open: row.open,
    unlimited: row.unlimited,
    catalogUnits: Number(row.catalog_units),
    adjustment: Number(row.adjustment),
    onHand: Number(row.on_hand),
    held: Number(row.held),
    allocated: Number(row.allocated),
    exclusiveGroup: row.exclusive_group,
    groups: row.groups,
    embargoUntil: optionalDateOf(row.embargo_until),
    pools: row.pools?.map(poolOf) ?? noPools,
    poolCount: row.pool_count,
    pooled:
      row.pool_count === 0
        ? noUnits
        : {
            onHand: Number(row.pooled_on_hand),
            held: Number(row.pooled_held),
            allocated: Number(row.pooled_allocated),
          },
    listingVersion: Number(row.listing_version),
    version: Number(row.version),
    updateTime: dateOf(row.update_time),
  };
}
