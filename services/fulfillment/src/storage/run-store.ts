import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import type { Json, RunState, RunStatus } from "@marketmesh/workflow-engine";
import { sql } from "drizzle-orm";
import type { Run } from "../domain/run.ts";
import { inChunks } from "./chunks.ts";
import { msOf, optionalMsOf, type Timestamp, timeOf } from "./time.ts";

interface RunRow extends Record<string, unknown> {
  readonly id: string;
  readonly workflow: string;
  readonly workflow_version: string;
  readonly subject: string;
  readonly status: RunStatus;
  readonly stage: string;
  readonly outcome: string;
  readonly step_count: string;
  readonly version: string;
  readonly wake_time: Timestamp | null;
  readonly create_time: Timestamp;
  readonly update_time: Timestamp;
  readonly end_time: Timestamp | null;
  readonly traceparent: string;
}

const fields = sql.raw(
  [
    ...[
      "id",
      "workflow",
      "workflow_version",
      "subject",
      "status",
      "stage",
      "outcome",
      "step_count",
      "version",
    ],
    ...["wake_time", "create_time", "update_time", "end_time", "traceparent"],
  ]
    .map((name) => `r.${name}`)
    .join(", "),
);

/** A run with the engine's state. */
export interface StoredRun {
  readonly run: Run;
  readonly state: RunState;
}

/** Locks runs in ascending (bucket, id) and reads them with their states; those that are not there are left out. */
export async function lockRuns(tx: Tx, market: string, ids: readonly string[]): Promise<StoredRun[]> {
  if (ids.length === 0) return [];
  const found: StoredRun[] = [];
  const sorted = [...new Set(ids)].sort(byKey);
  for (const chunk of inChunks(sorted)) {
    const rows = await tx.execute<RunRow>(sql`
      select ${fields} from runs r
      join ${columns(chunk, { bucket: ["int4", bucketOf], id: ["text", (id) => id] })}
        on r.market = ${market} and r.bucket = given.bucket and r.id = given.id
      order by r.bucket, r.id for update of r`);
    const runs = rows.map(runOf);
    // A statement of its own: the one that waited for a lock would show the state from before.
    const states = await readStates(tx, market, runs);
    for (const run of runs) found.push({ run, state: states.get(run.id)! });
  }
  return found;
}

async function readStates(tx: Tx, market: string, runs: readonly Run[]): Promise<Map<string, RunState>> {
  const rows = await tx.execute<{ run: string; state: string }>(sql`
    select s.run, s.state::text as state from run_states s
    join ${columns(runs, { bucket: ["int4", ({ id }) => bucketOf(id)], id: ["text", ({ id }) => id] })}
      on s.market = ${market} and s.bucket = given.bucket and s.run = given.id`);
  return new Map(rows.map(({ run, state }) => [run, JSON.parse(state) as RunState]));
}

/** A run, its state and what it began with. */
export interface FullRun extends StoredRun {
  readonly input: Json;
}

export async function readRun(tx: Tx, market: string, id: string): Promise<FullRun | undefined> {
  const [row] = await tx.execute<RunRow & { state: string; input: string }>(sql`
    select ${fields}, s.state::text as state, s.input::text as input from runs r
    join run_states s on s.market = r.market and s.bucket = r.bucket and s.run = r.id
    where r.market = ${market} and r.bucket = ${bucketOf(id)} and r.id = ${id}`);
  return row && { run: runOf(row), state: JSON.parse(row.state), input: JSON.parse(row.input) };
}

/** What a list of runs leaves out; undefined leaves out nothing. */
export interface RunFilter {
  readonly workflow: string | undefined;
  readonly status: RunStatus | undefined;
  readonly stage: string | undefined;
  readonly subject: string | undefined;
  readonly createdBeforeMs: number | undefined;
}

export async function listRuns(
  tx: Tx,
  market: string,
  { workflow, status, stage, subject, createdBeforeMs }: RunFilter,
  after: string,
  limit: number,
): Promise<Run[]> {
  const before = timeOf(createdBeforeMs)?.toISOString();
  const rows = await tx.execute<RunRow>(sql`
    select ${fields} from runs r where r.market = ${market} and r.id > ${after}
      ${workflow === undefined ? sql`` : sql`and r.workflow = ${workflow}`}
      ${status === undefined ? sql`` : sql`and r.status = ${status}`}
      ${stage === undefined ? sql`` : sql`and r.stage = ${stage}`}
      ${subject === undefined ? sql`` : sql`and r.subject = ${subject}`}
      ${before === undefined ? sql`` : sql`and r.create_time < ${before}`}
    order by r.id limit ${limit}`);
  return rows.map(runOf);
}

/** What the runs with these ids are about; those that are not there are left out. */
export async function readSubjects(
  tx: Tx,
  market: string,
  ids: readonly string[],
): Promise<Map<string, Pick<Run, "workflow" | "subject">>> {
  const found = new Map<string, Pick<Run, "workflow" | "subject">>();
  for (const chunk of inChunks(ids)) {
    const rows = await tx.execute<{ id: string; workflow: string; subject: string }>(sql`
      select r.id, r.workflow, r.subject from runs r
      join ${columns(chunk, { bucket: ["int4", bucketOf], id: ["text", (id) => id] })}
        on r.market = ${market} and r.bucket = given.bucket and r.id = given.id`);
    for (const { id, ...about } of rows) found.set(id, about);
  }
  return found;
}

/** A run to be written, with what it began with when it is new. */
export interface RunToInsert extends StoredRun {
  readonly input: Json;
}

/** Which of these runs are there already, by id or by (workflow, subject). */
export async function insertRuns(tx: Tx, market: string, runs: readonly RunToInsert[]): Promise<Set<string>> {
  const inserted = new Set<string>();
  for (const chunk of inChunks([...runs].sort((a, b) => byKey(a.run.id, b.run.id)))) {
    const rows = await tx.execute<{ id: string }>(sql`
      insert into runs (market, bucket, id, workflow, workflow_version, subject, create_time, traceparent, status, stage,
        outcome, step_count, version, wake_time, update_time, end_time, close_time)
      select ${market}, *, case when end_time is not null then now() end from ${columns(chunk, {
        bucket: ["int4", ({ run }) => bucketOf(run.id)],
        id: ["text", ({ run }) => run.id],
        workflow: ["text", ({ run }) => run.workflow],
        workflow_version: ["bigint", ({ run }) => run.workflowVersion],
        subject: ["text", ({ run }) => run.subject],
        create_time: ["timestamptz", ({ run }) => timeOf(run.createMs)],
        traceparent: ["text", ({ run }) => run.traceparent],
        ...moving,
      })}
      on conflict do nothing returning id`);
    for (const { id } of rows) inserted.add(id);
    await insertStates(
      tx,
      market,
      chunk.filter(({ run }) => inserted.has(run.id)),
    );
  }
  return inserted;
}

async function insertStates(tx: Tx, market: string, runs: readonly RunToInsert[]): Promise<void> {
  if (runs.length === 0) return;
  await tx.execute(sql`
    insert into run_states (market, bucket, run, state, input)
    select ${market}, bucket, run, state::json, input::json from ${columns(runs, {
      bucket: ["int4", ({ run }) => bucketOf(run.id)],
      run: ["text", ({ run }) => run.id],
      state: ["text", ({ state }) => JSON.stringify(state)],
      input: ["text", ({ input }) => JSON.stringify(input)],
    })}`);
}

/** Writes what steps changed of runs that are locked. */
export async function saveRuns(tx: Tx, market: string, runs: readonly StoredRun[]): Promise<void> {
  for (const chunk of inChunks(runs)) {
    await tx.execute(sql`
      update runs r set status = given.status, stage = given.stage, outcome = given.outcome, step_count = given.step_count,
        version = given.version, wake_time = given.wake_time, update_time = given.update_time, end_time = given.end_time,
        close_time = case when given.end_time is not null then coalesce(r.close_time, now()) end
      from ${columns(chunk, {
        bucket: ["int4", ({ run }) => bucketOf(run.id)],
        id: ["text", ({ run }) => run.id],
        ...moving,
      })}
      where r.market = ${market} and r.bucket = given.bucket and r.id = given.id`);
    await tx.execute(sql`
      update run_states s set state = given.state::json from ${columns(chunk, {
        bucket: ["int4", ({ run }) => bucketOf(run.id)],
        id: ["text", ({ run }) => run.id],
        state: ["text", ({ state }) => JSON.stringify(state)],
      })}
      where s.market = ${market} and s.bucket = given.bucket and s.run = given.id`);
  }
}

const moving = {
  status: ["text", ({ run }: StoredRun) => run.status],
  stage: ["text", ({ run }: StoredRun) => run.stage],
  outcome: ["text", ({ run }: StoredRun) => run.outcome],
  step_count: ["bigint", ({ run }: StoredRun) => run.stepCount],
  version: ["bigint", ({ run }: StoredRun) => run.version],
  wake_time: ["timestamptz", ({ run }: StoredRun) => timeOf(run.wakeMs)],
  update_time: ["timestamptz", ({ run }: StoredRun) => timeOf(run.updateMs)],
  end_time: ["timestamptz", ({ run }: StoredRun) => timeOf(run.endMs)],
} as const;

/** The order in which runs are locked. */
export function byKey(one: string, other: string): number {
  return bucketOf(one) - bucketOf(other) || Buffer.compare(Buffer.from(one), Buffer.from(other));
}

function runOf(row: RunRow): Run {
  return {
    id: row.id,
    workflow: row.workflow,
    workflowVersion: Number(row.workflow_version),
    subject: row.subject,
    status: row.status,
    stage: row.stage,
    outcome: row.outcome,
    stepCount: Number(row.step_count),
    version: Number(row.version),
    wakeMs: optionalMsOf(row.wake_time),
    createMs: msOf(row.create_time),
    updateMs: msOf(row.update_time),
    endMs: optionalMsOf(row.end_time),
    traceparent: row.traceparent,
  };
}
