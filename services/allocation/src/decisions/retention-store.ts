import type { Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { firstIdAt } from "./log-entry.ts";
import { keptDaysDefault } from "./settings-store.ts";

/** Held until the transaction ends, so that one replica removes at a time; false when another has it. */
export async function takeRemoving(tx: Tx): Promise<boolean> {
  const [row] = await tx.execute<{ taken: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtext('removing decisions')) as taken`,
  );
  return row?.taken === true;
}

/** Makes the months of now and of the next three, and those of rows that none was made for; answers how many were new. */
export async function makeMonths(tx: Tx): Promise<number> {
  const rows = await tx.execute<{ made: boolean }>(sql`
    select make_decision_log_month(at) as made from (
      select now() + n * interval '1 month' as at from generate_series(0, 3) as n
      union all
      select * from (select distinct date_trunc('month', record_time, 'UTC') as at from decision_log
        where tableoid = 'decision_log_default'::regclass and record_time > '2000-01-01' order by at limit 12) caught) months`);
  return rows.filter(({ made }) => made).length;
}

/** Drops months that no market keeps any more; answers how many. */
export async function dropMonths(tx: Tx): Promise<number> {
  const [row] = await tx.execute<{ dropped: number }>(sql`
    select drop_decision_log_months(now() - greatest(${keptDaysDefault}, coalesce(max(kept_days), 0)) * interval '1 day') as dropped
    from decision_log_settings`);
  return row!.dropped;
}

/** A market and from when on it keeps its decisions. */
export interface KeptFrom {
  readonly market: string;
  readonly from: Date;
}

/** Every market that has decisions, rounds or waitlists, by id; found by skipping through the indexes. */
export async function marketsKeptFrom(tx: Tx): Promise<KeptFrom[]> {
  const rows = await tx.execute<{ market: string; from_ms: string }>(sql`
    with recursive of_decisions as (
      (select market from decisions order by market limit 1)
      union all
      select (select d.market from decisions d where d.market > m.market order by d.market limit 1)
      from of_decisions m where m.market is not null
    ), of_rounds as (
      (select market from rounds order by market limit 1)
      union all
      select (select r.market from rounds r where r.market > m.market order by r.market limit 1)
      from of_rounds m where m.market is not null
    ), of_log as (
      (select market from decision_log order by market limit 1)
      union all
      select (select l.market from decision_log l where l.market > m.market order by l.market limit 1)
      from of_log m where m.market is not null
    ), of_waitlists as (
      (select market from waitlist_entries order by market limit 1)
      union all
      select (select w.market from waitlist_entries w where w.market > m.market order by w.market limit 1)
      from of_waitlists m where m.market is not null
    )
    select m.market,
      (extract(epoch from now() - coalesce(s.kept_days, ${keptDaysDefault}) * interval '1 day') * 1000)::bigint as from_ms
    from (select * from of_decisions union select * from of_rounds union select * from of_log union select * from of_waitlists) m
    left join decision_log_settings s on s.market = m.market
    where m.market is not null order by m.market`);
  return rows.map(({ market, from_ms }) => ({ market, from: new Date(Number(from_ms)) }));
}

/** Removes decisions that a market no longer keeps, oldest first; answers how many. */
export async function removeDecisions(tx: Tx, { market, from }: KeptFrom, rowsMax: number): Promise<number> {
  const removed = await tx.execute(sql`
    delete from decisions where ctid = any(array(
      select ctid from decisions where market = ${market} and id < ${firstIdAt(from)}
      order by id limit ${rowsMax} for update skip locked))`);
  return removed.count;
}

/** Removes entries of the log itself that a market no longer keeps; answers how many. */
export async function removeLog(tx: Tx, { market, from }: KeptFrom, rowsMax: number): Promise<number> {
  // By key, not by ctid, which is only unique within a month.
  const removed = await tx.execute(sql`
    delete from decision_log l using (
      select bucket, id, record_time from decision_log
      where market = ${market} and record_time < ${from.toISOString()}::timestamptz
      order by record_time limit ${rowsMax}) old
    where l.market = ${market} and l.bucket = old.bucket and l.id = old.id and l.record_time = old.record_time
      and l.record_time < ${from.toISOString()}::timestamptz`);
  return removed.count;
}

const parts = ["round_pairs", "round_graphs", "round_snapshots"] as const;

/** Removes what ended rounds chose from and solved; their rows stay. Answers how many rows went. */
export async function removeRoundParts(tx: Tx, kept: KeptFrom, rowsMax: number): Promise<number> {
  let removed = 0;
  for (const part of parts) {
    if (removed < rowsMax) removed += await removePart(tx, part, kept, rowsMax - removed);
  }
  return removed;
}

async function removePart(
  tx: Tx,
  part: string,
  { market, from }: KeptFrom,
  rowsMax: number,
): Promise<number> {
  const table = sql.identifier(part);
  const removed = await tx.execute(sql`
    delete from ${table} where ctid = any(array(
      select p.ctid from rounds r join ${table} p on p.market = r.market and p.bucket = r.bucket and p.round = r.id
      where r.market = ${market} and r.create_time < ${from.toISOString()}::timestamptz
        and r.state not in ('PENDING', 'SOLVING', 'SOLVED', 'AWAITING_APPROVAL')
      order by r.create_time limit ${rowsMax}))`);
  return removed.count;
}
