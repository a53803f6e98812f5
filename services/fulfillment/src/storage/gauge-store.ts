import type { Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";

/** Counts of one market, for dashboards. */
export interface MarketCounts {
  readonly market: string;
  readonly running: number;
  readonly waiting: number;
  readonly faulted: number;
  readonly openTasks: number;
  readonly overdueTasks: number;
}

/** Runs and tasks that have not ended, by market; by indexes that hold only those. */
export async function countMarkets(tx: Tx, marketsMax: number): Promise<MarketCounts[]> {
  const rows = await tx.execute<{
    market: string;
    running: string;
    waiting: string;
    faulted: string;
    open_tasks: string;
    overdue_tasks: string;
  }>(sql`
    select c.market, r.running, r.waiting, r.faulted, t.open_tasks, t.overdue_tasks
    from market_clocks c cross join lateral (
      select count(*) filter (where status = 'RUNNING') as running, count(*) filter (where status = 'WAITING') as waiting,
        count(*) filter (where status = 'FAULTED') as faulted
      from runs where market = c.market and status in ('RUNNING', 'WAITING', 'FAULTED')) r
    cross join lateral (
      select count(*) as open_tasks,
        count(*) filter (where due_time < coalesce(c.clock_time, now())) as overdue_tasks
      from tasks where market = c.market and state in ('OPEN', 'CLAIMED')) t
    order by c.market limit ${marketsMax}`);
  return rows.map((row) => ({
    market: row.market,
    running: Number(row.running),
    waiting: Number(row.waiting),
    faulted: Number(row.faulted),
    openTasks: Number(row.open_tasks),
    overdueTasks: Number(row.overdue_tasks),
  }));
}
