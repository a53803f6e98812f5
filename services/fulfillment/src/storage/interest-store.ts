import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import type { WorkflowEvent } from "@marketmesh/workflow-engine";
import { sql } from "drizzle-orm";
import { inChunks } from "./chunks.ts";

/** What a run may hear about a subject. */
export interface RunInterest {
  readonly run: string;
  readonly type: string;
  readonly subject: string;
}

export async function insertInterests(
  tx: Tx,
  market: string,
  interests: readonly RunInterest[],
): Promise<void> {
  for (const chunk of inChunks(interests)) {
    await tx.execute(sql`
      insert into run_interests (market, bucket, type, subject, run)
      select ${market}, * from ${columns(chunk, {
        bucket: ["int4", ({ subject }) => bucketOf(subject)],
        type: ["text", ({ type }) => type],
        subject: ["text", ({ subject }) => subject],
        run: ["text", ({ run }) => run],
      })} on conflict do nothing`);
  }
}

/** Runs that ended hear nothing any more. */
export async function deleteInterests(tx: Tx, market: string, runs: readonly string[]): Promise<void> {
  for (const chunk of inChunks(runs)) {
    await tx.execute(sql`
      delete from run_interests where market = ${market} and run = any(${sql.param([...chunk])}::text[])`);
  }
}

/** Which runs want the events, by (type, subject). */
export async function findInterested(
  tx: Tx,
  market: string,
  events: readonly WorkflowEvent[],
): Promise<RunInterest[]> {
  const found: RunInterest[] = [];
  for (const chunk of inChunks(events)) {
    const rows = await tx.execute<{ run: string; type: string; subject: string }>(sql`
      select distinct i.run, i.type, i.subject from run_interests i join ${columns(chunk, {
        bucket: ["int4", ({ subject }) => bucketOf(subject)],
        subject: ["text", ({ subject }) => subject],
        type: ["text", ({ type }) => type],
      })} on i.market = ${market} and i.bucket = given.bucket and i.subject = given.subject and i.type = given.type`);
    found.push(...rows);
  }
  return found;
}

/** Keeps events that no run wants yet. */
export async function keepEarly(tx: Tx, market: string, events: readonly WorkflowEvent[]): Promise<void> {
  for (const chunk of inChunks(events)) {
    await tx.execute(sql`
      insert into early_events (market, bucket, type, subject, event, body)
      select ${market}, bucket, type, subject, event, body::json from ${columns(chunk, {
        bucket: ["int4", ({ subject }) => bucketOf(subject)],
        type: ["text", ({ type }) => type],
        subject: ["text", ({ subject }) => subject],
        event: ["text", ({ id }) => id],
        body: ["text", (event) => JSON.stringify(event)],
      })} on conflict do nothing`);
  }
}

/** Events that came before anybody wanted them, oldest first; at most 64 for each interest. */
export async function findEarly(
  tx: Tx,
  market: string,
  interests: readonly Omit<RunInterest, "run">[],
): Promise<WorkflowEvent[]> {
  const found: WorkflowEvent[] = [];
  for (const chunk of inChunks(interests)) {
    const rows = await tx.execute<{ body: string }>(sql`
      select e.body::text as body from ${columns(chunk, {
        bucket: ["int4", ({ subject }) => bucketOf(subject)],
        subject: ["text", ({ subject }) => subject],
        type: ["text", ({ type }) => type],
      })} cross join lateral (
        select body, receive_time, event from early_events e
        where e.market = ${market} and e.bucket = given.bucket and e.subject = given.subject and e.type = given.type
        order by receive_time, event limit 64) e`);
    for (const { body } of rows) found.push(JSON.parse(body));
  }
  return found.sort((a, b) => a.timeMs - b.timeMs || (a.id < b.id ? -1 : 1));
}

/** Forgets what nobody wanted for 7 days; returns how many. */
export async function purgeEarly(tx: Tx, rowsMax: number): Promise<number> {
  const gone = await tx.execute(sql`delete from early_events where ctid = any(array(
    select ctid from early_events where receive_time < now() - interval '7 days'
    order by receive_time limit ${rowsMax} for update skip locked))`);
  return gone.count;
}
