import type { Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { jobIsGone } from "./call-store.ts";

/** Runs of a market that have a timer, or a task whose time ran out, by then: the earliest first, ties by id. */
export async function findDue(tx: Tx, market: string, byMs: number, limit: number): Promise<string[]> {
  const by = new Date(byMs).toISOString();
  const rows = await tx.execute<{ run: string }>(sql`
    select run from (
      (select id as run, wake_time as due from runs
        where market = ${market} and wake_time <= ${by} order by wake_time, id limit ${limit})
      union all
      (select run, due_time from tasks
        where market = ${market} and due_time <= ${by} and state in ('OPEN', 'CLAIMED')
        order by due_time, id limit ${limit})) due
    group by run order by min(due), run limit ${limit}`);
  return rows.map(({ run }) => run);
}

/** Runs of real markets that were due a while ago and that no job will wake. */
export async function findOverslept(
  tx: Tx,
  afterMs: number,
  limit: number,
): Promise<{ market: string; run: string }[]> {
  const late = sql`now() - ${afterMs} * interval '1 millisecond'`;
  const rows = await tx.execute<{ market: string; run: string }>(sql`
    select d.market, d.run from market_clocks c cross join lateral (
      (select market, id as run from runs
        where market = c.market and wake_time < ${late} order by wake_time limit ${limit})
      union
      (select market, run from tasks
        where market = c.market and due_time < ${late} and state in ('OPEN', 'CLAIMED') order by due_time limit ${limit})) d
    left join graphile_worker._private_jobs j on j.key = 'wake/' || d.market || '/' || d.run
    where c.mode = 'REAL' and (${jobIsGone}) limit ${limit}`);
  return [...rows];
}
