import { bucketOf, type Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";
import { dateOf, type Timestamp } from "./time.ts";

/** A market's clock. `time` is what it shows now; `wallTime` the database's. */
export interface Clock {
  readonly mode: "REAL" | "SANDBOX";
  readonly time: Date;
  readonly wallTime: Date;
  /** 0: never set. */
  readonly version: number;
}

export interface ClockRow extends Record<string, unknown> {
  readonly mode: "REAL" | "SANDBOX" | null;
  readonly market_time: Timestamp | null;
  readonly version: string | null;
  readonly wall_time: Timestamp;
}

/** The clock as it is. */
export async function readClock(tx: Tx, market: string): Promise<Clock> {
  return selectClock(tx, market);
}

/**
 * The clock, and no advance of it until the transaction ends. Taken before any hold or level is locked.
 */
export async function holdClock(tx: Tx, market: string): Promise<Clock> {
  // A clock that is not there yet has no row to lock: whoever creates it waits for this.
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${birthKey(market)})`);
  // A statement of its own: only one that starts after the lock sees what its former holders created.
  const [row] = await tx.execute<ClockRow>(sql`
    select coalesce(held.mode, c.mode) as mode, held.market_time, coalesce(held.version, c.version) as version,
      now() as wall_time
    from (select 1) one left join clocks c on c.market = ${market} and c.bucket = ${bucketOf(market)}
      left join (select mode, market_time, version from clocks where ${key(market)} and mode = 'SANDBOX' for share) held
        on true`);
  return clockOf(row!);
}

/** The clock, and nobody who holds it beside this transaction. */
export async function lockClock(tx: Tx, market: string): Promise<Clock> {
  await tx.execute(sql`select 1 from clocks where ${key(market)} for update`);
  return selectClock(tx, market);
}

/** The clock, and nobody beside this transaction who holds it, locks it or creates it, though there may be none yet. */
export async function lockClockToCreate(tx: Tx, market: string): Promise<Clock> {
  await tx.execute(sql`select pg_advisory_xact_lock(${birthKey(market)})`);
  return lockClock(tx, market);
}

async function selectClock(tx: Tx, market: string): Promise<Clock> {
  const [row] = await tx.execute<ClockRow>(sql`
    select c.mode, c.market_time, c.version, now() as wall_time
    from (select 1) one left join clocks c on c.market = ${market} and c.bucket = ${bucketOf(market)}`);
  return clockOf(row!);
}

export function clockOf(row: ClockRow): Clock {
  const wallTime = dateOf(row.wall_time);
  return {
    mode: row.mode ?? "REAL",
    time: row.market_time ? dateOf(row.market_time) : wallTime,
    wallTime,
    version: Number(row.version ?? 0),
  };
}

/** What a market's clock shows, as an expression of a statement. */
export function marketTime(market: string | SQL): SQL {
  return sql`coalesce((select c.market_time from clocks c where c.market = ${market}), now())`;
}

export async function saveClock(
  tx: Tx,
  market: string,
  mode: Clock["mode"],
  time: Date,
  version: number,
): Promise<void> {
  const marketTime = mode === "SANDBOX" ? time.toISOString() : null;
  await tx.execute(sql`
    insert into clocks (market, bucket, mode, market_time, version)
    values (${market}, ${bucketOf(market)}, ${mode}, ${marketTime}, ${version})
    on conflict (market, bucket) do update
      set mode = excluded.mode, market_time = excluded.market_time, version = excluded.version`);
}

function key(market: string): SQL {
  return sql`market = ${market} and bucket = ${bucketOf(market)}`;
}

function birthKey(market: string): SQL {
  return sql`hashtextextended(${`clock/${market}`}, 0)`;
}
