import type { Tx } from "@marketmesh/postgres";
import type { RunStatus } from "@marketmesh/workflow-engine";
import { sql } from "drizzle-orm";
import { optionalMsOf, type Timestamp } from "./time.ts";

/** How a stage of a workflow goes. Durations are market time in milliseconds. */
export interface StageFigures {
  readonly stage: string;
  readonly inCount: number;
  readonly leftCount: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly oldestMs: number;
}

export interface WorkflowFigures {
  readonly states: readonly { readonly status: RunStatus; readonly count: number }[];
  readonly outcomes: readonly { readonly outcome: string; readonly count: number }[];
  readonly stages: ReadonlyMap<string, StageFigures>;
}

/** Counts the runs of a workflow. `nowMs` is the market's last known time. */
export async function summarize(
  tx: Tx,
  market: string,
  workflow: string,
  nowMs: number,
): Promise<WorkflowFigures> {
  const now = new Date(nowMs).toISOString();
  const counts = await tx.execute<{ status: RunStatus; outcome: string; count: string }>(sql`
    select status, outcome, count(*) as count from runs where market = ${market} and workflow = ${workflow}
    group by status, outcome order by status, outcome limit 1000`);
  // Those that a run is in are few beside those that were left, which need no look at their runs.
  const stages = await tx.execute<StageRow>(sql`
    select stage, coalesce(l.count, 0) as left_count, ${milliseconds(sql`l.durations[1]`)} as p50_ms,
      ${milliseconds(sql`l.durations[2]`)} as p95_ms, coalesce(i.count, 0) as in_count,
      ${milliseconds(sql`${now}::timestamptz - i.first_time`)} as oldest_ms
    from (
      select stage, count(*) as count,
        percentile_disc(array[0.5, 0.95]) within group (order by leave_time - enter_time) as durations
      from run_stages where market = ${market} and workflow = ${workflow} and leave_time is not null group by stage) l
    full join (
      select s.stage, count(*) as count, min(s.enter_time) as first_time
      from run_stages s join runs r on r.market = s.market and r.bucket = s.bucket and r.id = s.run and r.end_time is null
      where s.market = ${market} and s.workflow = ${workflow} and s.leave_time is null group by s.stage) i using (stage)`);
  return {
    states: statesOf(counts),
    outcomes: counts.flatMap(({ status, outcome, count }) =>
      status === "COMPLETED" ? [{ outcome, count: Number(count) }] : [],
    ),
    stages: new Map(stages.map((row) => [row.stage, figuresOf(row)])),
  };
}

function statesOf(
  counts: readonly { readonly status: RunStatus; readonly count: string }[],
): WorkflowFigures["states"] {
  const byStatus = new Map<RunStatus, number>();
  for (const { status, count } of counts) byStatus.set(status, (byStatus.get(status) ?? 0) + Number(count));
  return [...byStatus].map(([status, count]) => ({ status, count }));
}

interface StageRow extends Record<string, unknown> {
  readonly stage: string;
  readonly in_count: string;
  readonly left_count: string;
  readonly p50_ms: string;
  readonly p95_ms: string;
  readonly oldest_ms: string;
}

function milliseconds(interval: ReturnType<typeof sql>) {
  return sql`coalesce(round(extract(epoch from ${interval}) * 1000)::bigint, 0)`;
}

function figuresOf(row: StageRow): StageFigures {
  return {
    stage: row.stage,
    inCount: Number(row.in_count),
    leftCount: Number(row.left_count),
    p50Ms: Number(row.p50_ms),
    p95Ms: Number(row.p95_ms),
    oldestMs: Math.max(0, Number(row.oldest_ms)),
  };
}

/** What moves in a market. */
export interface Progress {
  readonly running: number;
  readonly waiting: number;
  readonly faulted: number;
  readonly ended: number;
  readonly openTasks: number;
  readonly due: number;
  readonly nextWakeMs: number | undefined;
}

/**
 * Counts in one statement, so that the figures fit together, and each by an index that has all it needs. `dueByMs`: what is due
 * by then.
 */
export async function readProgress(tx: Tx, market: string, dueByMs: number): Promise<Progress> {
  const by = new Date(dueByMs).toISOString();
  const openTask = sql`market = ${market} and state in ('OPEN', 'CLAIMED')`;
  const [row] = await tx.execute<ProgressRow>(sql`
    select r.*, t.*, (select count(*) from runs where market = ${market} and wake_time <= ${by}) as due_runs,
      (select min(wake_time) from runs where market = ${market}) as next_run from (
      select count(*) filter (where status = 'RUNNING') as running, count(*) filter (where status = 'WAITING') as waiting,
        count(*) filter (where status = 'FAULTED') as faulted,
        count(*) filter (where status in ('COMPLETED', 'CANCELLED')) as ended
      from runs where market = ${market}) r, (
      select count(*) as open_tasks, count(*) filter (where due_time <= ${by}) as due_tasks, min(due_time) as next_task
      from tasks where ${openTask}) t`);
  const next = [row!.next_run, row!.next_task].flatMap((time) => optionalMsOf(time) ?? []);
  return {
    running: Number(row!.running),
    waiting: Number(row!.waiting),
    faulted: Number(row!.faulted),
    ended: Number(row!.ended),
    openTasks: Number(row!.open_tasks),
    due: Number(row!.due_runs) + Number(row!.due_tasks),
    nextWakeMs: next.length > 0 ? Math.min(...next) : undefined,
  };
}

interface ProgressRow extends Record<string, unknown> {
  readonly running: string;
  readonly waiting: string;
  readonly faulted: string;
  readonly ended: string;
  readonly open_tasks: string;
  readonly due_runs: string;
  readonly due_tasks: string;
  readonly next_run: Timestamp | null;
  readonly next_task: Timestamp | null;
}
