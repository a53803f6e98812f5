import { bucketOf, type Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";
import { dateOf, optionalDateOf, type Timestamp } from "./time.ts";

/** When the next round of a plan may begin, by the market clock. */
export interface Schedule {
  readonly nextTime: Date;
  /** Since when news waits for more of it. */
  readonly waitingSince: Date | undefined;
}

/** Begins a plan's schedule anew; undefined ends it. */
export async function saveSchedule(
  tx: Tx,
  market: string,
  plan: string,
  nextTime: Date | undefined,
): Promise<void> {
  await tx.execute(sql`delete from plan_schedules s where ${keyOf(market, plan)}`);
  if (!nextTime) return;
  await tx.execute(sql`
    insert into plan_schedules (market, bucket, plan, next_time)
    values (${market}, ${bucketOf(plan)}, ${plan}, ${nextTime.toISOString()})`);
}

/** Plans of a market whose rounds begin by themselves, by id; their schedules are locked. */
export async function scheduledPlans(tx: Tx, market: string): Promise<string[]> {
  const rows = await tx.execute<{ plan: string }>(sql`
    select plan from plan_schedules where market = ${market} order by plan for update`);
  return rows.map(({ plan }) => plan);
}

/** A plan whose next round may begin, and since when. */
export interface DuePlan {
  readonly market: string;
  readonly plan: string;
  /** As the database writes it. */
  readonly nextTime: string;
}

/** Due plans of one page at most. */
export const duePlansMax = 100;

/**
 * Plans whose next round may begin, by their market's clock, and that have none running; of one market or of all, those that are
 * due longest first, behind `after`. A continuous plan without news stays among them.
 */
export async function duePlans(tx: Tx, market?: string, after?: DuePlan): Promise<DuePlan[]> {
  const rows = await tx.execute<{ market: string; plan: string; nextTime: string }>(sql`
    select s.market, s.plan, s.next_time::text as "nextTime" from plan_schedules s
    join plans p on p.market = s.market and p.bucket = s.bucket and p.id = s.plan and p.active_round = ''
    left join clocks c on c.market = s.market
    where s.next_time <= coalesce(c.market_time, now()) ${market === undefined ? sql`` : sql`and s.market = ${market}`}
      ${after ? sql`and (s.next_time, s.market, s.plan) > (${after.nextTime}::text::timestamptz, ${after.market}, ${after.plan})` : sql``}
    order by s.next_time, s.market, s.plan limit ${duePlansMax}`);
  return [...rows];
}

/** The schedule, locked: its plan's row is locked before. */
export async function lockSchedule(tx: Tx, market: string, plan: string): Promise<Schedule | undefined> {
  const [row] = await tx.execute<{ next_time: Timestamp; waiting_since: Timestamp | null }>(sql`
    select next_time, waiting_since from plan_schedules s where ${keyOf(market, plan)} for update`);
  return row && { nextTime: dateOf(row.next_time), waitingSince: optionalDateOf(row.waiting_since) };
}

/** A round of it has begun; the next one may from `nextTime` on. */
export async function saveBegun(
  tx: Tx,
  market: string,
  plan: string,
  round: string,
  nextTime: Date,
): Promise<void> {
  await tx.execute(sql`
    update plan_schedules s set next_time = ${nextTime.toISOString()}, waiting_since = null, last_round = ${round},
      seen_time = now(), seen_xid = pg_snapshot_xmin(pg_current_snapshot()), held_time = 'infinity'
    where ${keyOf(market, plan)}`);
}

/** No round begins for what was due; the next one may from `nextTime` on. */
export async function saveSkipped(tx: Tx, market: string, plan: string, nextTime: Date): Promise<void> {
  await tx.execute(sql`
    update plan_schedules s set next_time = ${nextTime.toISOString()} where ${keyOf(market, plan)}`);
}

/** The round gave up before it decided anything: what it has seen is news again. */
export async function saveUnseen(tx: Tx, market: string, plan: string, round: string): Promise<void> {
  await tx.execute(sql`
    update plan_schedules s set seen_time = '-infinity', held_time = 'infinity'
    where ${keyOf(market, plan)} and s.last_round = ${round}`);
}

/** News waits for more of it since then; undefined: none does. */
export async function saveWaiting(
  tx: Tx,
  market: string,
  plan: string,
  since: Date | undefined,
): Promise<void> {
  await tx.execute(sql`
    update plan_schedules s set waiting_since = ${since?.toISOString() ?? null} where ${keyOf(market, plan)}`);
}

/** The round holds, or ended without: what it changed itself is no news. */
export async function saveHeld(tx: Tx, market: string, plan: string, round: string): Promise<void> {
  await tx.execute(sql`
    update plan_schedules s set held_time = now() where ${keyOf(market, plan)} and s.last_round = ${round}`);
}

/**
 * Open demands with news since the plan's last round saw them: demands that changed otherwise than by that round's own
 * holds, all of them when a supply with something left did.
 */
export async function countNews(
  tx: Tx,
  market: string,
  plan: string,
  demandKind: string,
  supplyKind: string,
): Promise<number> {
  const [row] = await tx.execute<{ news: string }>(sql`
    select count(*) as news from plan_schedules s
    cross join (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as xid) upcoming
    cross join lateral (select exists (
      select from capacity_levels l where ${openWithRoom(market, supplyKind)} and ${changed("supply")}) as supply) any_news
    join capacity_levels l on ${openWithRoom(market, demandKind)} and (any_news.supply or ${changed("demand")})
    where ${keyOf(market, plan)}`);
  return Number(row?.news ?? 0);
}

function openWithRoom(market: string, kind: string): SQL {
  return sql`l.market = ${market} and l.kind = ${kind} and l.open
    and (l.unlimited or l.held + l.allocated < l.on_hand)`;
}

// A change has the time at which its transaction began: it may be committed after a round that began later has looked.
function changed(side: "supply" | "demand"): SQL {
  const holds = sql`from holds h
    where h.market = l.market and h.${sql.raw(side)} = l.listing_id and h.round = s.last_round`;
  return sql`(l.update_time > s.held_time or ((l.update_time > s.seen_time or ${unseen}) and (
    not exists (select ${holds}) or exists (select ${holds} and h.state in ('RELEASED', 'EXPIRED')))))`;
}

// xmin has 32 bits; the transactions of the last minutes are the nearest ones that end in them.
const unseen = sql`(l.update_time > s.seen_time - interval '5 minutes' and s.seen_xid <=
  (upcoming.xid - ((upcoming.xid - l.xmin::text::bigint) & 4294967295))::text::xid8)`;

function keyOf(market: string, plan: string): SQL {
  return sql`s.market = ${market} and s.bucket = ${bucketOf(plan)} and s.plan = ${plan}`;
}
