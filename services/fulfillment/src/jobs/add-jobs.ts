import { columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { type CallKey, callKeyOf } from "../storage/call-store.ts";
import { inChunks } from "../storage/chunks.ts";

/** What jobs do, by the name that stands in their rows. */
export const jobTasks = { call: "call", wake: "wake" } as const;

/** Jobs are tried by graphile-worker only where a database error kept them from counting their own attempts. */
const attemptsMax = 1_000;

/** Adds the jobs that carry calls out, in the transaction that makes them necessary. */
export async function addCallJobs(tx: Tx, calls: readonly CallKey[], atMs?: number): Promise<void> {
  const jobs = calls.map((call) => ({ key: callKeyOf(call), payload: call, atMs }));
  await addJobs(tx, jobTasks.call, jobs);
}

/** When a run of a real market is to be woken; a later answer replaces an earlier one. */
export interface Wake {
  readonly run: string;
  readonly atMs: number | undefined;
}

export async function addWakeJobs(tx: Tx, market: string, wakes: readonly Wake[]): Promise<void> {
  const jobs = wakes.map(({ run, atMs }) => ({
    key: wakeKeyOf(market, run),
    payload: { market, run },
    atMs,
  }));
  await addJobs(tx, jobTasks.wake, jobs);
}

export function wakeKeyOf(market: string, run: string): string {
  return `wake/${market}/${run}`;
}

interface Job {
  readonly key: string;
  readonly payload: object;
  /** Undefined: at once. */
  readonly atMs: number | undefined;
}

async function addJobs(tx: Tx, task: string, jobs: readonly Job[]): Promise<void> {
  for (const chunk of inChunks([...jobs].sort((a, b) => (a.key < b.key ? -1 : 1)))) {
    await tx.execute(sql`
      select add_jobs(${task}, array_agg(key), array_agg(payload), array_agg(run_time), ${attemptsMax}::int)
      from ${columns(chunk, {
        key: ["text", ({ key }) => key],
        payload: ["text", ({ payload }) => JSON.stringify(payload)],
        run_time: ["timestamptz", ({ atMs }) => (atMs === undefined ? null : new Date(atMs))],
      })}`);
  }
}
