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
  const states = await tx.execute<{ status: RunStatus; count: string }>(sql`
    select status, count(*) as count from runs where market = ${market} and workflow = ${workflow}
    group by status order by status`);
  const outcomes = await tx.execute<{ outcome: string; count: string }>(sql`
    select outcome, count(*) as count from runs
    where market = ${market} and workflow = ${workflow} and status = 'COMPLETED'
    group by outcome order by outcome limit 1000`);
  const stages = await tx.execute<StageRow>(sql`
    select s.stage, count(*) filter (where s.leave_time is null and r.end_time is null) as in_count,
      count(s.leave_time) as left_count,
      coalesce(percentile_disc(0.5) within group (order by ${milliseconds(sql`s.leave_time - s.enter_time`)}), 0) as p50_ms,
      coalesce(percentile_disc(0.95) within group (order by ${milliseconds(sql`s.leave_time - s.enter_time`)}), 0) as p95_ms,
      coalesce(max(${milliseconds(sql`${now}::timestamptz - s.enter_time`)})
        filter (where s.leave_time is null and r.end_time is null), 0) as oldest_ms
    from run_stages s join runs r on r.market = s.market and r.bucket = s.bucket and r.id = s.run
    where s.market = ${market} and s.workflow = ${workflow} group by s.stage`);
  return {
    states: states.map(({ status, count }) => ({ status, count: Number(count) })),
    outcomes: outcomes.map(({ outcome, count }) => ({ outcome, count: Number(count) })),
    stages: new Map(stages.map((row) => [row.stage, figuresOf(row)])),
  };
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
  return sql`round(extract(epoch from ${interval}) * 1000)::bigint`;
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

/** Counts in one statement, so that the figures fit together. `dueByMs`: what is due by then. */
export async function readProgress(tx: Tx, market: string, dueByMs: number): Promise<Progress> {
  const by = new Date(dueByMs).toISOString();
  const openTask = sql`market = ${market} and state in ('OPEN', 'CLAIMED')`;
  const [row] = await tx.execute<ProgressRow>(sql`
    select r.*, t.* from (
      select count(*) filter (where status = 'RUNNING') as running, count(*) filter (where status = 'WAITING') as waiting,
        count(*) filter (where status = 'FAULTED') as faulted,
        count(*) filter (where status in ('COMPLETED', 'CANCELLED')) as ended,
        count(*) filter (where wake_time <= ${by}) as due_runs, min(wake_time) as next_run
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
