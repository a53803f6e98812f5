import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import type { JsonObject } from "@marketmesh/workflow-engine";
import { sql } from "drizzle-orm";
import { inChunks } from "./chunks.ts";

/** A call that a run waits for. */
export interface PendingCall {
  readonly run: string;
  /** The effect's id, unique in the run. */
  readonly effect: string;
  /** `package.Service/Method`. */
  readonly method: string;
  readonly request: JsonObject;
  readonly traceparent: string;
}

/** Which call, and of which market. */
export interface CallKey {
  readonly market: string;
  readonly run: string;
  readonly effect: string;
}

export async function insertCalls(tx: Tx, market: string, calls: readonly PendingCall[]): Promise<void> {
  for (const chunk of inChunks(calls)) {
    await tx.execute(sql`
      insert into pending_calls (market, bucket, run, effect, method, request, traceparent)
      select ${market}, bucket, run, effect, method, request::json, traceparent from ${columns(chunk, {
        bucket: ["int4", ({ run }) => bucketOf(run)],
        run: ["text", ({ run }) => run],
        effect: ["text", ({ effect }) => effect],
        method: ["text", ({ method }) => method],
        request: ["text", ({ request }) => JSON.stringify(request)],
        traceparent: ["text", ({ traceparent }) => traceparent],
      })}`);
  }
}

/** Removes calls that were answered, under the locks of their runs. */
export async function deleteCalls(
  tx: Tx,
  market: string,
  calls: readonly Omit<CallKey, "market">[],
): Promise<void> {
  for (const chunk of inChunks(calls)) {
    await tx.execute(sql`
      delete from pending_calls c using ${columns(chunk, {
        bucket: ["int4", ({ run }) => bucketOf(run)],
        run: ["text", ({ run }) => run],
        effect: ["text", ({ effect }) => effect],
      })} where c.market = ${market} and c.bucket = given.bucket and c.run = given.run and c.effect = given.effect`);
  }
}

/** Removes the calls of runs that were cancelled: nobody waits for them. */
export async function deleteCallsOf(tx: Tx, market: string, runs: readonly string[]): Promise<void> {
  for (const chunk of inChunks(runs)) {
    await tx.execute(sql`
      delete from pending_calls c using ${columns(chunk, {
        bucket: ["int4", bucketOf],
        run: ["text", (run) => run],
      })} where c.market = ${market} and c.bucket = given.bucket and c.run = given.run`);
  }
}

/** A call as its job finds it. */
export interface WaitingCall extends PendingCall {
  readonly attempts: number;
}

export async function readCalls(tx: Tx, keys: readonly CallKey[]): Promise<Map<string, WaitingCall>> {
  const rows = await tx.execute<CallRow>(sql`
    select c.market, c.run, c.effect, c.method, c.request::text as request, c.traceparent, c.attempts
    from pending_calls c join ${columns(keys, {
      market: ["text", ({ market }) => market],
      bucket: ["int4", ({ run }) => bucketOf(run)],
      run: ["text", ({ run }) => run],
      effect: ["text", ({ effect }) => effect],
    })} on c.market = given.market and c.bucket = given.bucket and c.run = given.run and c.effect = given.effect`);
  return new Map(rows.map((row) => [callKeyOf(row), { ...row, request: JSON.parse(row.request) }]));
}

interface CallRow extends Record<string, unknown> {
  readonly market: string;
  readonly run: string;
  readonly effect: string;
  readonly method: string;
  readonly request: string;
  readonly traceparent: string;
  readonly attempts: number;
}

/** Counts a failed attempt whose job will be run again; false when nobody waits any more. */
export async function countAttempt(tx: Tx, { market, run, effect }: CallKey, code: string): Promise<boolean> {
  const counted = await tx.execute(sql`
    update pending_calls set attempts = attempts + 1, last_code = ${code}, job_time = now()
    where market = ${market} and bucket = ${bucketOf(run)} and run = ${run} and effect = ${effect}`);
  return counted.count === 1;
}

/**
 * Calls for which no job is under way: it was lost with a crash or a restore, or a process died with it in its hands. Their
 * `job_time` is moved on, so that one process adds the job again.
 */
export async function takeJobless(tx: Tx, afterMs: number, limit: number): Promise<CallKey[]> {
  const rows = await tx.execute<{ market: string; run: string; effect: string }>(sql`
    with jobless as (
      select c.ctid from pending_calls c
      left join graphile_worker._private_jobs j on j.key = ${jobKeyOfRow}
      where c.job_time < now() - ${afterMs} * interval '1 millisecond' and (${jobIsGone})
      order by c.job_time limit ${limit} for update of c skip locked)
    update pending_calls c set job_time = now() from jobless where c.ctid = jobless.ctid
    returning c.market, c.run, c.effect`);
  return [...rows];
}

const jobKeyOfRow = sql`'call/' || c.market || '/' || c.run || '/' || c.effect`;

/** No job, one that gave up or waits long after an error of the database, or one in the hands of a process that has no connection any more. */
export const jobIsGone = sql`j.id is null
  or (j.locked_at is null and (j.attempts >= j.max_attempts
    or (j.last_error is not null and j.run_at > now() + interval '30 seconds')))
  or (j.locked_at is not null and not exists (select from pg_stat_activity a where a.application_name = j.locked_by))`;

export function callKeyOf({ market, run, effect }: CallKey): string {
  return `call/${market}/${run}/${effect}`;
}
