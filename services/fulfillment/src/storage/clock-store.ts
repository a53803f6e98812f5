import { bucketOf, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { MarketClock } from "../domain/clock.ts";
import { msOf, type Timestamp } from "./time.ts";

/** A market's clock and how fresh that knowledge is. */
export interface KnownClock {
  readonly clock: MarketClock;
  /** Of allocation's clock; 0: it has none, so it may still become a sandbox. */
  readonly version: number;
  /** How long ago allocation was asked, by the database's clock. */
  readonly ageMs: number;
}

interface ClockRow extends Record<string, unknown> {
  readonly market: string;
  readonly mode: "REAL" | "SANDBOX";
  readonly version: string;
  readonly clock_time: Timestamp | null;
  readonly woken_time: Timestamp | null;
  readonly age_ms: string;
}

/** The clocks of these markets that are known here. */
export async function readClocks(tx: Tx, markets: readonly string[]): Promise<Map<string, KnownClock>> {
  const rows = await tx.execute<ClockRow>(sql`
    select market, mode, version, clock_time, woken_time,
      (extract(epoch from clock_timestamp() - ask_time) * 1000)::bigint as age_ms
    from market_clocks where market = any(${sql.param([...markets])}::text[])`);
  return new Map(
    rows.map((row) => [
      row.market,
      { clock: clockOf(row), version: Number(row.version), ageMs: Number(row.age_ms) },
    ]),
  );
}

/**
 * Of markets whose clock is undecided: those that this transaction is to ask about, because they were not asked about for so long
 * and no other transaction is asking. Their rows are locked.
 */
export async function claimToAsk(tx: Tx, markets: readonly string[], olderMs: number): Promise<string[]> {
  const rows = await tx.execute<{ market: string }>(sql`
    select market from market_clocks
    where market = any(${sql.param([...markets])}::text[]) and mode = 'REAL' and version = 0
      and ask_time < clock_timestamp() - ${olderMs}::int * interval '1 ms'
    order by market for no key update skip locked`);
  return rows.map(({ market }) => market);
}

/** What allocation says of a market's clock. */
export interface ToldClock {
  readonly mode: "REAL" | "SANDBOX";
  readonly version: number;
  /** Of a sandbox. */
  readonly timeMs: number;
}

/** Keeps what allocation said: later times win, and a sandbox stays one. Tells whether anything is new. */
export async function saveClock(tx: Tx, market: string, told: ToldClock): Promise<void> {
  const time = told.mode === "SANDBOX" ? new Date(told.timeMs).toISOString() : null;
  await tx.execute(sql`
    insert into market_clocks as c (market, bucket, mode, version, clock_time, woken_time, ask_time)
    values (${market}, ${bucketOf(market)}, ${told.mode}, ${told.version}, ${time}, ${time}, clock_timestamp())
    on conflict (market, bucket) do update set
      mode = case when c.mode = 'SANDBOX' then c.mode else excluded.mode end,
      version = greatest(c.version, excluded.version),
      clock_time = greatest(c.clock_time, excluded.clock_time),
      woken_time = coalesce(c.woken_time, excluded.woken_time),
      ask_time = excluded.ask_time`);
}

/** Sandbox markets in which something may be due: time has passed, or a timer was set in the past. */
export async function marketsToWake(tx: Tx, limit: number): Promise<string[]> {
  const rows = await tx.execute<{ market: string }>(sql`
    select market from market_clocks c where mode = 'SANDBOX' and (
      woken_time < clock_time
      or exists (select 1 from runs r where r.market = c.market and r.wake_time <= c.clock_time)
      or exists (select 1 from tasks t where t.market = c.market and t.due_time <= c.clock_time
        and t.state in ('OPEN', 'CLAIMED')))
    order by market limit ${limit}`);
  return rows.map(({ market }) => market);
}

/** Locks a sandbox market's clock for whoever wakes its runs; undefined when another process does. */
export async function lockClockToWake(tx: Tx, market: string): Promise<MarketClock | undefined> {
  const [row] = await tx.execute<ClockRow>(sql`
    select market, mode, version, clock_time, woken_time, 0 as age_ms from market_clocks
    where market = ${market} and bucket = ${bucketOf(market)} for no key update skip locked`);
  return row && clockOf(row);
}

/** Says that everything due by then was woken. */
export async function saveWoken(tx: Tx, market: string, wokenMs: number): Promise<void> {
  await tx.execute(sql`
    update market_clocks set woken_time = ${new Date(wokenMs).toISOString()}
    where market = ${market} and bucket = ${bucketOf(market)}`);
}

function clockOf(row: ClockRow): MarketClock {
  if (row.mode === "REAL" || row.clock_time === null || row.woken_time === null) return { mode: "REAL" };
  return { mode: "SANDBOX", clockMs: msOf(row.clock_time), wokenMs: msOf(row.woken_time) };
}
