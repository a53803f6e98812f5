import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import type { HistoryEntry } from "@marketmesh/workflow-engine";
import { sql } from "drizzle-orm";
import type { StageLeave, StageVisit } from "../domain/stages.ts";
import { inChunks } from "./chunks.ts";
import { msOf, type Timestamp } from "./time.ts";

/** One step as it is kept. */
export interface KeptEntry {
  readonly run: string;
  readonly timeMs: number;
  readonly entry: HistoryEntry;
}

export async function appendHistory(tx: Tx, market: string, entries: readonly KeptEntry[]): Promise<void> {
  for (const chunk of inChunks(entries)) {
    await tx.execute(sql`
      insert into run_history (market, bucket, run, step, step_time, entry)
      select ${market}, bucket, run, step, step_time, entry::json from ${columns(chunk, {
        bucket: ["int4", ({ run }) => bucketOf(run)],
        run: ["text", ({ run }) => run],
        step: ["bigint", ({ entry }) => entry.step],
        step_time: ["timestamptz", ({ timeMs }) => new Date(timeMs)],
        entry: ["text", ({ entry }) => JSON.stringify(entry)],
      })}`);
  }
}

/** An entry may hold the answer of a call, 256 KiB, so a page has a bound of bytes, too; one entry it always has. */
const pageBytesMax = 4 * 1024 * 1024;

/** The steps of a run after one, in order: at most `size`, and whether more follow. */
export async function listHistory(
  tx: Tx,
  market: string,
  run: string,
  afterStep: number,
  size: number,
): Promise<{ readonly entries: readonly KeptEntry[]; readonly hasMore: boolean }> {
  const rows = await tx.execute<{ step_time: Timestamp; entry: string; found: string }>(sql`
    select step_time, entry, found from (
      select step, step_time, entry, count(*) over () as found, row_number() over (order by step) as place,
        sum(octet_length(entry)) over (order by step) as bytes
      from (
        select step, step_time, entry::text as entry from run_history
        where market = ${market} and bucket = ${bucketOf(run)} and run = ${run} and step > ${afterStep}
        order by step limit ${size + 1}) page) sized
    where place = 1 or (place <= ${size} and bytes <= ${pageBytesMax}) order by step`);
  const entries = rows.map((row) => ({ run, timeMs: msOf(row.step_time), entry: JSON.parse(row.entry) }));
  return { entries, hasMore: Number(rows[0]?.found ?? 0) > entries.length };
}

/** What a transaction's steps say about the stages of one run. */
export interface RunStages {
  readonly run: string;
  readonly workflow: string;
  readonly visits: readonly StageVisit[];
  readonly leaves: readonly StageLeave[];
}

/** Leaves of earlier steps first, for a run may enter a stage again. */
export async function saveStages(tx: Tx, market: string, stages: readonly RunStages[]): Promise<void> {
  const leaves = stages.flatMap(({ run, leaves }) => leaves.map((leave) => ({ run, ...leave })));
  for (const chunk of inChunks(leaves)) {
    await tx.execute(sql`
      update run_stages s set leave_time = given.leave_time from ${columns(chunk, {
        bucket: ["int4", ({ run }) => bucketOf(run)],
        run: ["text", ({ run }) => run],
        stage: ["text", ({ stage }) => stage],
        leave_time: ["timestamptz", ({ leaveMs }) => new Date(leaveMs)],
      })}
      where s.market = ${market} and s.bucket = given.bucket and s.run = given.run and s.stage = given.stage
        and s.leave_time is null`);
  }
  const visits = stages.flatMap(({ run, workflow, visits }) =>
    visits.map((visit) => ({ run, workflow, ...visit })),
  );
  for (const chunk of inChunks(visits)) {
    await tx.execute(sql`
      insert into run_stages (market, bucket, run, step, place, workflow, stage, enter_time, leave_time)
      select ${market}, * from ${columns(chunk, {
        bucket: ["int4", ({ run }) => bucketOf(run)],
        run: ["text", ({ run }) => run],
        step: ["bigint", ({ step }) => step],
        place: ["int4", ({ place }) => place],
        workflow: ["text", ({ workflow }) => workflow],
        stage: ["text", ({ stage }) => stage],
        enter_time: ["timestamptz", ({ enterMs }) => new Date(enterMs)],
        leave_time: ["timestamptz", ({ leaveMs }) => (leaveMs === undefined ? null : new Date(leaveMs))],
      })}`);
  }
}
