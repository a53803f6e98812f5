import { bucketOf, type Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";
import type { Side } from "../domain/level.ts";
import type { WaitlistEntry } from "../domain/waitlist.ts";
import { dateOf, type Timestamp } from "./time.ts";

interface EntryRow extends Record<string, unknown> {
  readonly id: string;
  readonly listing: string;
  readonly waiting_listing: string;
  readonly side: Side;
  readonly party: string;
  readonly plan: string;
  readonly score: number;
  readonly state: WaitlistEntry["state"];
  readonly offer: string;
  readonly create_time: Timestamp;
  readonly version: string;
}

const fields = sql.raw(
  [
    "id",
    "listing",
    "waiting_listing",
    "side",
    "party",
    "plan",
    "score",
    "state",
    "offer",
    "create_time",
    "version",
  ]
    .map((name) => `w.${name}`)
    .join(", "),
);

/** Adds an entry; the one that waits already, where there is one. */
export async function insertEntry(tx: Tx, market: string, entry: WaitlistEntry): Promise<WaitlistEntry> {
  const { id, listing, waitingListing, side, party, plan, score, createTime } = entry;
  const inserted = await tx.execute(sql`
    insert into waitlist_entries (market, bucket, id, listing, waiting_listing, side, party, plan, score, state, create_time,
      version)
    values (${market}, ${bucketOf(id)}, ${id}, ${listing}, ${waitingListing}, ${side}, ${party}, ${plan}, ${score}, 'WAITING',
      ${createTime.toISOString()}, 1)
    on conflict do nothing`);
  if (inserted.count === 1) return entry;
  const [row] = await tx.execute<EntryRow>(sql`
    select ${fields} from waitlist_entries w
    where w.market = ${market} and w.listing = ${listing} and w.waiting_listing = ${waitingListing} and w.state = 'WAITING'`);
  // Who waited was served between the two statements: it may join again.
  if (!row) throw Object.assign(new Error("the entry was served meanwhile"), { code: "40001" });
  return entryOf(row);
}

/** How many wait for a listing, counted up to `limit`. */
export async function countWaiting(tx: Tx, market: string, listing: string, limit: number): Promise<number> {
  const [row] = await tx.execute<{ waiting: string }>(sql`
    select count(*) as waiting from (select from waitlist_entries
      where market = ${market} and listing = ${listing} and state = 'WAITING' limit ${limit}) waiting`);
  return Number(row!.waiting);
}

export async function readEntry(tx: Tx, market: string, id: string): Promise<WaitlistEntry | undefined> {
  const [row] = await tx.execute<EntryRow>(sql`
    select ${fields} from waitlist_entries w where w.market = ${market} and w.bucket = ${bucketOf(id)} and w.id = ${id}`);
  return row && entryOf(row);
}

export async function lockEntry(tx: Tx, market: string, id: string): Promise<WaitlistEntry> {
  const [row] = await tx.execute<EntryRow>(sql`
    select ${fields} from waitlist_entries w
    where w.market = ${market} and w.bucket = ${bucketOf(id)} and w.id = ${id} for update`);
  return entryOf(row!);
}

/** Writes state, offer and version of an entry that is locked, and that it ended now where it waits no more. */
export async function saveEntry(tx: Tx, market: string, entry: WaitlistEntry): Promise<void> {
  const { id, state, offer, version } = entry;
  await tx.execute(sql`
    update waitlist_entries set state = ${state}, offer = ${offer}, version = ${version},
      end_time = case when ${state} <> 'WAITING' then now() end
    where market = ${market} and bucket = ${bucketOf(id)} and id = ${id}`);
}

/** Removes entries of a market that ended before a time, the first to end first; answers how many. */
export async function purgeEnded(tx: Tx, market: string, before: Date, limit: number): Promise<number> {
  const gone = await tx.execute(sql`
    delete from waitlist_entries where ctid = any(array(
      select ctid from waitlist_entries where market = ${market} and end_time < ${before.toISOString()}
      order by end_time limit ${limit} for update skip locked))`);
  return gone.count;
}

/** What a list of entries leaves out. */
export interface WaitlistFilter {
  readonly listing: string | undefined;
  readonly waitingOnly: boolean;
}

/** By id; of one listing in the order in which they are served, behind the entry `after`. */
export async function listEntries(
  tx: Tx,
  market: string,
  { listing, waitingOnly }: WaitlistFilter,
  after: string,
  limit: number,
): Promise<WaitlistEntry[]> {
  const waiting = waitingOnly ? sql`and w.state = 'WAITING'` : sql``;
  const rows = await tx.execute<EntryRow>(
    listing === undefined
      ? sql`select ${fields} from waitlist_entries w where w.market = ${market} and w.id > ${after} ${waiting}
          order by w.id limit ${limit}`
      : sql`select ${fields} from waitlist_entries w where w.market = ${market} and w.listing = ${listing} ${waiting}
          and ${isBehind(market, after)}
          order by w.score desc, w.create_time, w.id limit ${limit}`,
  );
  return rows.map(entryOf);
}

/** Whether a listing has something left, by what can be told without a lock. */
function hasSome(listing: SQL): SQL {
  return sql`exists (select from capacity_levels l where l.market = w.market and l.listing_id = ${listing}
    and l.open and (l.unlimited or l.on_hand - l.held - l.allocated > 0))`;
}

/** A listing that somebody waits for and that has something left again, for one who has too. */
export interface ReadyListing {
  readonly market: string;
  readonly listing: string;
}

/** Those behind one, by market and listing; at most `limit`. Who waits for what is full is not looked at. */
export async function readReadyListings(
  tx: Tx,
  behind: ReadyListing,
  limit: number,
): Promise<ReadyListing[]> {
  return tx.execute<ReadyListing & Record<string, unknown>>(sql`
    select w.market, w.listing from (
      select distinct market, listing from waitlist_entries
      where state = 'WAITING' and (market, listing) > (${behind.market}, ${behind.listing})) w
    where ${hasSome(sql`w.listing`)} and exists (
      select from waitlist_entries e where e.market = w.market and e.listing = w.listing and e.state = 'WAITING'
        and ${hasSome(sql`e.waiting_listing`)})
    order by w.market, w.listing limit ${limit}`);
}

/** Which entries are looked at, by id; without any: all. */
export interface EntryFilter {
  readonly leftOut?: readonly string[];
  readonly only?: readonly string[];
}

/**
 * Those that wait for a listing and could be served, in their order behind one (empty: the first), locked; before any level.
 */
export async function lockReadyEntries(
  tx: Tx,
  { market, listing }: ReadyListing,
  behind: string,
  limit: number,
  { leftOut = [], only }: EntryFilter = {},
): Promise<WaitlistEntry[]> {
  const without = leftOut.length === 0 ? sql`` : sql`and w.id <> all(${sql.param([...leftOut])}::text[])`;
  const within = only === undefined ? sql`` : sql`and w.id = any(${sql.param([...only])}::text[])`;
  const rows = await tx.execute<EntryRow>(sql`
    select ${fields} from waitlist_entries w
    where w.market = ${market} and w.listing = ${listing} and w.state = 'WAITING' and ${isBehind(market, behind)}
      and ${hasSome(sql`w.listing`)} and ${hasSome(sql`w.waiting_listing`)} ${without} ${within}
    order by w.score desc, w.create_time, w.id limit ${limit} for update of w`);
  return rows.map(entryOf);
}

/** Whether an entry is served behind another; empty: behind none. */
function isBehind(market: string, entry: string): SQL {
  return sql`(${entry} = '' or (-w.score, w.create_time, w.id) > (select -a.score, a.create_time, a.id
    from waitlist_entries a where a.market = ${market} and a.id = ${entry}))`;
}

function entryOf(row: EntryRow): WaitlistEntry {
  return {
    id: row.id,
    listing: row.listing,
    waitingListing: row.waiting_listing,
    side: row.side,
    party: row.party,
    plan: row.plan,
    score: row.score,
    state: row.state,
    offer: row.offer,
    createTime: dateOf(row.create_time),
    version: Number(row.version),
  };
}
