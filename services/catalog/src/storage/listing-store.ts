import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";
import type { Listing, ListingState } from "../domain/listing.ts";
import { type ListingRow, listingColumns, listingOf, revisionColumns } from "./listing-row.ts";

/** A listing and, where asked for and visible, its sealed personal attributes. */
export interface StoredListing {
  readonly listing: Listing;
  readonly sealed: Buffer | undefined;
}

/** A listing whose row lock the transaction holds, with what tells whether its personal attributes change. */
export interface LockedListing extends StoredListing {
  readonly fingerprint: Buffer | undefined;
}

interface StoredRow extends ListingRow {
  readonly sealed: Buffer | null;
  readonly fingerprint: Buffer | null;
}

/** What of a market is listed: by id, bytewise. */
export interface ListingFilter {
  readonly market: string;
  /** Kind id; empty means all. */
  readonly kind: string;
  /** Absent means all but CLOSED. */
  readonly state: ListingState | undefined;
  /** Party id; empty means all. */
  readonly owner: string;
}

// One lookup by primary key per given row, whatever the planner believes: a plan made while nothing was known about the
// table would read the whole market for each chunk of an import.
const personalJoin = sql`left join lateral (
  select * from listing_personal p where p.market = l.market and p.bucket = l.bucket and p.id = l.id limit 1) p on true`;

function listingOfKey(market: string): SQL {
  return sql`select * from listings l where l.market = ${market} and l.bucket = given.bucket and l.id = given.id limit 1`;
}

const versionBefore = sql`select l.*, l.ctid as place from listings l where l.market = given.market
  and l.bucket = given.bucket and l.id = given.id and l.version = given.version - 1 limit 1`;

function personalParts(wanted: boolean): { readonly select: SQL; readonly join: SQL } {
  return wanted ? { select: sql`, p.sealed`, join: personalJoin } : { select: sql``, join: sql`` };
}

/** Reads listings that the scope sees, in no order; at most 1,000 ids. `personal` adds their sealed attributes. */
export async function findListings(
  tx: Tx,
  market: string,
  ids: readonly string[],
  personal: boolean,
): Promise<readonly StoredListing[]> {
  const { select, join } = personalParts(personal);
  const [only] = ids;
  const which =
    ids.length === 1 && only !== undefined
      ? sql`listings l ${join} where l.market = ${market} and l.bucket = ${bucketOf(only)} and l.id = ${only}`
      : sql`${keys(ids)} cross join lateral (${listingOfKey(market)}) l ${join}`;
  const rows = await tx.execute<StoredRow>(sql`select ${listingColumns}${select} from ${which}`);
  return rows.map(storedOf);
}

/** Locks listings that the scope may write. Ascending by (bucket, id): everyone who locks several takes them in this order. */
export async function lockListings(
  tx: Tx,
  market: string,
  ids: readonly string[],
): Promise<readonly LockedListing[]> {
  const rows = await tx.execute<StoredRow>(sql`
    select ${listingColumns}, p.sealed, p.fingerprint
    from (select * from ${keys(ids)} order by bucket, id) as given
    cross join lateral (${listingOfKey(market)} for update) l ${personalJoin}`);
  return rows.map((row) => ({ ...storedOf(row), fingerprint: row.fingerprint ?? undefined }));
}

/** Reads an old version. Undefined when there is none that the scope sees; the current version is not among them. */
export async function findRevision(
  tx: Tx,
  market: string,
  id: string,
  version: bigint,
): Promise<Listing | undefined> {
  const [row] = await tx.execute<ListingRow>(sql`
    select ${revisionColumns} from listing_revisions r
    join listings l on l.market = r.market and l.bucket = r.bucket and l.id = r.id
    where r.market = ${market} and r.bucket = ${bucketOf(id)} and r.id = ${id} and r.version = ${String(version)}`);
  return row && listingOf(row);
}

/** Lists what the scope sees of a market, from after an id on. */
export async function listListings(
  tx: Tx,
  filter: ListingFilter,
  page: { readonly afterId: string; readonly limit: number; readonly personal: boolean },
): Promise<readonly StoredListing[]> {
  const { select, join } = personalParts(page.personal);
  const conditions = [sql`l.market = ${filter.market}`, sql`l.id > ${page.afterId}`];
  if (filter.kind !== "") conditions.push(sql`l.kind = ${filter.kind}`);
  // Repeats the index's condition; a parameter alone would not let the planner use it.
  if (filter.owner !== "") conditions.push(sql`l.owner = ${filter.owner} and l.owner <> ''`);
  conditions.push(filter.state ? sql`l.state = ${filter.state}` : sql`l.state <> 'CLOSED'`);
  const rows = await tx.execute<StoredRow>(sql`
    select ${listingColumns}${select} from listings l ${join}
    where ${sql.join(conditions, sql` and `)} order by l.id limit ${page.limit}`);
  return rows.map(storedOf);
}

/** Reads a kind's listings that the scope sees by ordinal, from after one on. */
export async function listByOrdinal(
  tx: Tx,
  kind: { readonly market: string; readonly kind: string; readonly epoch: bigint },
  page: { readonly afterOrdinal: number; readonly limit: number },
): Promise<readonly Listing[]> {
  const rows = await tx.execute<ListingRow>(sql`
    select ${listingColumns} from listings l
    where l.market = ${kind.market} and l.kind = ${kind.kind} and l.ordinal_epoch = ${String(kind.epoch)}
      and l.ordinal > ${page.afterOrdinal} order by l.ordinal limit ${page.limit}`);
  return rows.map(listingOf);
}

/** Stores new listings; returns the ids that were free. Those taken, visible or not, are left alone. */
export async function insertListings(tx: Tx, listings: readonly Listing[]): Promise<ReadonlySet<string>> {
  if (listings.length === 0) return new Set();
  const rows = await tx.execute<{ id: string }>(sql`
    insert into listings (market, bucket, id, kind, kind_version, state, owner, audience, audience_parties,
      capacity_units, exclusive_group, attributes, groups, version, ordinal, ordinal_epoch, content_hash,
      create_time, update_time, publish_time)
    select market, bucket, id, kind, kind_version, state, owner, audience, audience_parties::text[],
      capacity_units, exclusive_group, attributes::json, groups::json, version, ordinal, ordinal_epoch, content_hash,
      create_time, update_time, publish_time
    from ${given(listings)} order by bucket, id
    on conflict (market, bucket, id) do nothing returning id`);
  return new Set(rows.map(({ id }) => id));
}

/**
 * Stores the next version of locked listings and keeps the one before, in one statement. Returns the ids that were at the
 * version before; others are left alone.
 */
export async function saveListings(tx: Tx, listings: readonly Listing[]): Promise<ReadonlySet<string>> {
  if (listings.length === 0) return new Set();
  const rows = await tx.execute<{ id: string }>(sql`
    with given as materialized (select * from ${given(listings)}),
    replaced as (
      insert into listing_revisions (market, bucket, id, version, kind_version, state, owner, audience,
        audience_parties, capacity_units, exclusive_group, attributes, groups, content_hash, update_time, publish_time)
      select l.market, l.bucket, l.id, l.version, l.kind_version, l.state, l.owner, l.audience,
        l.audience_parties, l.capacity_units, l.exclusive_group, l.attributes, l.groups, l.content_hash,
        l.update_time, l.publish_time
      from given cross join lateral (${versionBefore}) l)
    update listings l set kind_version = given.kind_version, state = given.state, audience = given.audience,
      audience_parties = given.audience_parties::text[], capacity_units = given.capacity_units,
      exclusive_group = given.exclusive_group, attributes = given.attributes::json, groups = given.groups::json,
      version = given.version, content_hash = given.content_hash, update_time = given.update_time,
      publish_time = given.publish_time
    from given cross join lateral (${versionBefore}) before where l.ctid = before.place
    returning l.id`);
  return new Set(rows.map(({ id }) => id));
}

function keys(ids: readonly string[]): SQL {
  return columns(ids, { bucket: ["smallint", bucketOf], id: ["text", (id) => id] });
}

function given(listings: readonly Listing[]): SQL {
  return columns(listings, {
    market: ["text", (listing) => listing.market],
    bucket: ["smallint", (listing) => bucketOf(listing.id)],
    id: ["text", (listing) => listing.id],
    kind: ["text", (listing) => listing.kind],
    kind_version: ["bigint", (listing) => listing.kindVersion],
    state: ["text", (listing) => listing.state],
    owner: ["text", (listing) => listing.owner],
    audience: ["text", (listing) => listing.audience],
    audience_parties: ["text", (listing) => arrayText(listing.audienceParties)],
    capacity_units: ["bigint", (listing) => listing.capacity.units],
    exclusive_group: ["text", (listing) => listing.capacity.exclusiveGroup],
    attributes: ["text", (listing) => listing.attributesJson],
    groups: ["text", (listing) => JSON.stringify(listing.groups)],
    version: ["bigint", (listing) => listing.version],
    ordinal: ["bigint", (listing) => listing.ordinal],
    ordinal_epoch: ["bigint", (listing) => listing.ordinalEpoch],
    content_hash: ["bytea", (listing) => listing.contentHash],
    create_time: ["timestamptz", (listing) => listing.createTime],
    update_time: ["timestamptz", (listing) => listing.updateTime],
    publish_time: ["timestamptz", (listing) => listing.publishTime ?? null],
  });
}

// Party ids hold neither quotes nor backslashes; quoted, because an id may read NULL.
function arrayText(ids: readonly string[]): string {
  return `{${ids.map((id) => `"${id}"`).join(",")}}`;
}

function storedOf(row: StoredRow): StoredListing {
  return { listing: listingOf(row), sealed: row.sealed ?? undefined };
}
