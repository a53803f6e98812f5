import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";
import type { JsonData, Task, TaskState } from "../domain/task.ts";
import { inChunks } from "./chunks.ts";
import { msOf, optionalMsOf, type Timestamp, timeOf } from "./time.ts";

interface TaskRow extends Record<string, unknown> {
  readonly id: string;
  readonly run: string;
  readonly type: string;
  readonly party: string;
  readonly subject: string;
  readonly data: string | null;
  readonly result: string | null;
  readonly state: TaskState;
  readonly claimant: string;
  readonly due_time: Timestamp | null;
  readonly version: string;
  readonly create_time: Timestamp;
  readonly end_time: Timestamp | null;
}

const fields = sql.raw(
  [
    ...[
      "t.id",
      "t.run",
      "t.type",
      "t.party",
      "t.subject",
      "t.data::text as data",
      "t.result::text as result",
    ],
    ...["t.state", "t.claimant", "t.due_time", "t.version", "t.create_time", "t.end_time"],
  ].join(", "),
);

const open = sql`t.state in ('OPEN', 'CLAIMED')`;

/** Tasks that the transaction's caller may see. A task changes only under its run's row lock. */
export async function readTasks(tx: Tx, market: string, ids: readonly string[]): Promise<Task[]> {
  const tasks: Task[] = [];
  for (const chunk of inChunks(ids)) {
    const rows = await tx.execute<TaskRow>(sql`
      select ${fields} from tasks t
      join ${columns(chunk, { bucket: ["int4", bucketOf], id: ["text", (id) => id] })}
        on t.market = ${market} and t.bucket = given.bucket and t.id = given.id`);
    for (const row of rows) tasks.push(taskOf(row));
  }
  return tasks;
}

/** The open tasks of runs that are locked. */
export async function openTasksOf(tx: Tx, market: string, runs: readonly string[]): Promise<Task[]> {
  const tasks: Task[] = [];
  for (const chunk of inChunks(runs)) {
    const rows = await tx.execute<TaskRow>(sql`
      select ${fields} from tasks t
      where t.market = ${market} and ${open} and t.run = any(${sql.param([...chunk])}::text[])`);
    for (const row of rows) tasks.push(taskOf(row));
  }
  return tasks;
}

export async function insertTasks(tx: Tx, market: string, tasks: readonly Task[]): Promise<void> {
  for (const chunk of inChunks(tasks)) {
    await tx.execute(sql`
      insert into tasks (market, bucket, id, run, type, party, subject, data, result, state, claimant, due_time, version,
        create_time, end_time)
      select ${market}, bucket, id, run, type, party, subject, data::json, result::json, state, claimant, due_time, version,
        create_time, end_time from ${columns(chunk, {
          bucket: ["int4", ({ id }) => bucketOf(id)],
          id: ["text", ({ id }) => id],
          run: ["text", ({ run }) => run],
          type: ["text", ({ type }) => type],
          party: ["text", ({ party }) => party],
          subject: ["text", ({ subject }) => subject],
          data: ["text", ({ data }) => jsonOf(data)],
          due_time: ["timestamptz", ({ dueMs }) => timeOf(dueMs)],
          create_time: ["timestamptz", ({ createMs }) => timeOf(createMs)],
          ...moving,
        })}`);
  }
}

/** Writes what changed of tasks whose runs are locked. */
export async function saveTasks(tx: Tx, market: string, tasks: readonly Task[]): Promise<void> {
  for (const chunk of inChunks(tasks)) {
    await tx.execute(sql`
      update tasks t set state = given.state, claimant = given.claimant, result = given.result::json,
        version = given.version, end_time = given.end_time
      from ${columns(chunk, {
        bucket: ["int4", ({ id }) => bucketOf(id)],
        id: ["text", ({ id }) => id],
        ...moving,
      })}
      where t.market = ${market} and t.bucket = given.bucket and t.id = given.id`);
  }
}

const moving = {
  state: ["text", ({ state }: Task) => state],
  claimant: ["text", ({ claimant }: Task) => claimant],
  result: ["text", ({ result }: Task) => jsonOf(result)],
  version: ["bigint", ({ version }: Task) => version],
  end_time: ["timestamptz", ({ endMs }: Task) => timeOf(endMs)],
} as const;

/** What a list of tasks leaves out; undefined leaves out nothing. Without a state: what is open or claimed. */
export interface TaskFilter {
  readonly state: TaskState | undefined;
  readonly type: string | undefined;
  readonly party: string | undefined;
  readonly run: string | undefined;
  readonly dueBeforeMs: number | undefined;
}

export async function listTasks(
  tx: Tx,
  market: string,
  filter: TaskFilter,
  after: string,
  limit: number,
): Promise<Task[]> {
  const conditions: SQL[] = [filter.state === undefined ? open : sql`t.state = ${filter.state}`];
  if (filter.type !== undefined) conditions.push(sql`t.type = ${filter.type}`);
  if (filter.party !== undefined) conditions.push(sql`t.party = ${filter.party}`);
  if (filter.run !== undefined) conditions.push(sql`t.run = ${filter.run}`);
  const due = timeOf(filter.dueBeforeMs)?.toISOString();
  if (due !== undefined) conditions.push(sql`t.due_time < ${due}`);
  const rows = await tx.execute<TaskRow>(sql`
    select ${fields} from tasks t where t.market = ${market} and t.id > ${after}
      and ${sql.join(conditions, sql` and `)} order by t.id limit ${limit}`);
  return rows.map(taskOf);
}

function jsonOf(data: JsonData | undefined): string | null {
  return data === undefined ? null : JSON.stringify(data);
}

function taskOf(row: TaskRow): Task {
  return {
    id: row.id,
    run: row.run,
    type: row.type,
    party: row.party,
    subject: row.subject,
    data: row.data === null ? undefined : JSON.parse(row.data),
    result: row.result === null ? undefined : JSON.parse(row.result),
    state: row.state,
    claimant: row.claimant,
    dueMs: optionalMsOf(row.due_time),
    version: Number(row.version),
    createMs: msOf(row.create_time),
    endMs: optionalMsOf(row.end_time),
  };
}
