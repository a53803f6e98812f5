import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";
import type { Level, Side } from "../domain/level.ts";
import { inChunks } from "./chunks.ts";
import { dateOf, type Timestamp } from "./time.ts";

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
  readonly listing_version: string;
  readonly version: string;
  readonly update_time: Timestamp;
}

const fields = sql.raw(
  [
    ...["listing_id", "kind", "side", "ordinal", "ordinal_epoch", "owner_party", "open", "unlimited"],
    ...["catalog_units", "adjustment", "on_hand", "held", "allocated", "exclusive_group", "groups"],
    ...["listing_version", "version", "update_time"],
  ]
    .map((name) => `l.${name}`)
    .join(", "),
);

/**
 * Locks levels in ascending (market, bucket, listing_id), the order that everyone takes, in one statement. Unknown ids
 * are left out.
 */
export async function lockLevels(tx: Tx, market: string, listingIds: Iterable<string>): Promise<Level[]> {
  return selectLevels(tx, market, listingIds, sql`for update of l`);
}

/** Levels as they are; they may change before the caller acts. */
export async function readLevels(tx: Tx, market: string, listingIds: Iterable<string>): Promise<Level[]> {
  return selectLevels(tx, market, listingIds, sql``);
}

async function selectLevels(tx: Tx, market: string, ids: Iterable<string>, lock: SQL): Promise<Level[]> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return [];
  const rows = await tx.execute<LevelRow>(sql`
    select ${fields} from capacity_levels l
    join ${columns(wanted, { bucket: ["int4", bucketOf], id: ["text", (id) => id] })}
      on l.market = ${market} and l.bucket = given.bucket and l.listing_id = given.id
    order by l.bucket, l.listing_id ${lock}`);
  return rows.map(levelOf);
}

/** Levels of one kind by ordinal, within an epoch; ordinals without a level are left out. */
export async function readLevelsByOrdinal(
  tx: Tx,
  market: string,
  kind: string,
  epoch: number,
  ordinals: readonly number[],
): Promise<Level[]> {
  const rows = await tx.execute<LevelRow>(sql`
    select ${fields} from capacity_levels l
    where l.market = ${market} and l.kind = ${kind} and l.ordinal_epoch = ${epoch}
      and l.ordinal = any(${sql.param([...ordinals])}::bigint[])`);
  return rows.map(levelOf);
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

/** Levels that may take part in a round: open ones of a kind, by listing id; page by page of at most `limit`. */
export async function readOpenLevels(
  tx: Tx,
  market: string,
  kind: string,
  after: string,
  limit: number,
): Promise<Level[]> {
  const rows = await tx.execute<LevelRow>(sql`
    select ${fields} from capacity_levels l
    where l.market = ${market} and l.kind = ${kind} and l.open and l.listing_id > ${after}
    order by l.listing_id limit ${limit}`);
  return rows.map(levelOf);
}

export async function listLevels(tx: Tx, market: string, after: string, limit: number): Promise<Level[]> {
  const rows = await tx.execute<LevelRow>(sql`
    select ${fields} from capacity_levels l where l.market = ${market} and l.listing_id > ${after}
    order by l.listing_id limit ${limit}`);
  return rows.map(levelOf);
}

/** Levels of a market, or of all, in key order: for an export. */
export async function exportLevels(
  tx: Tx,
  market: string | undefined,
  after: { readonly market: string; readonly listingId: string },
  limit: number,
): Promise<{ readonly market: string; readonly level: Level }[]> {
  const rows = await tx.execute<LevelRow & { market: string }>(sql`
    select l.market, ${fields} from capacity_levels l
    where (l.market, l.listing_id) > (${after.market}, ${after.listingId})
      and ${market === undefined ? sql`true` : sql`l.market = ${market}`}
    order by l.market, l.listing_id limit ${limit}`);
  return rows.map((row) => ({ market: row.market, level: levelOf(row) }));
}

/** Writes held, allocated and on-hand units of levels that are locked. */
export async function saveClaims(tx: Tx, market: string, levels: readonly Level[]): Promise<void> {
  for (const chunk of inChunks(levels)) {
    await tx.execute(sql`
      update capacity_levels l set held = given.held, allocated = given.allocated, on_hand = given.on_hand,
        version = given.version, update_time = given.update_time
      from ${columns(chunk, {
        bucket: ["int4", (level) => bucketOf(level.listingId)],
        id: ["text", (level) => level.listingId],
        held: ["bigint", (level) => level.held],
        allocated: ["bigint", (level) => level.allocated],
        on_hand: ["bigint", (level) => level.onHand],
        version: ["bigint", (level) => level.version],
        update_time: ["timestamptz", (level) => level.updateTime],
      })}
      where l.market = ${market} and l.bucket = given.bucket and l.listing_id = given.id`);
  }
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
    listingVersion: Number(row.listing_version),
    version: Number(row.version),
    updateTime: dateOf(row.update_time),
  };
}
