import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { Ear, StoredWorkflow, WorkflowState } from "../domain/workflow.ts";
import { msOf, type Timestamp } from "./time.ts";

interface WorkflowRow extends Record<string, unknown> {
  readonly id: string;
  readonly version: string;
  readonly state: WorkflowState;
  readonly source: string;
  readonly trigger_types: string[];
  readonly called_methods: string[];
  readonly stages: string[];
  readonly create_time: Timestamp;
  readonly update_time: Timestamp;
}

const fields = sql.raw(
  "id, version, state, source, trigger_types, called_methods, stages, create_time, update_time",
);

/** What a source says, as it is written. */
export interface WorkflowContent {
  readonly source: string;
  readonly triggerTypes: readonly string[];
  readonly calledMethods: readonly string[];
  readonly stages: readonly string[];
  readonly listenedTypes: readonly string[];
}

/** The current version, or the one asked for. */
export async function readWorkflow(
  tx: Tx,
  market: string,
  id: string,
  version = 0,
): Promise<StoredWorkflow | undefined> {
  const table = sql.raw(version === 0 ? "workflows" : "workflow_versions");
  const [row] = await tx.execute<WorkflowRow>(sql`
    select ${fields} from ${table} where market = ${market} and bucket = ${bucketOf(id)} and id = ${id}
      ${version === 0 ? sql`` : sql`and version = ${version}`}`);
  return row && workflowOf(row);
}

export async function lockWorkflow(tx: Tx, market: string, id: string): Promise<StoredWorkflow | undefined> {
  const [row] = await tx.execute<WorkflowRow>(sql`
    select ${fields} from workflows where market = ${market} and bucket = ${bucketOf(id)} and id = ${id} for update`);
  return row && workflowOf(row);
}

export async function listWorkflows(
  tx: Tx,
  market: string,
  after: string,
  limit: number,
): Promise<StoredWorkflow[]> {
  const rows = await tx.execute<WorkflowRow>(sql`
    select ${fields} from workflows where market = ${market} and id > ${after} order by id limit ${limit}`);
  return rows.map(workflowOf);
}

/** Writes version 1; false when the id is taken. */
export async function insertWorkflow(
  tx: Tx,
  market: string,
  id: string,
  content: WorkflowContent,
): Promise<boolean> {
  const inserted = await tx.execute(sql`
    insert into workflows (market, bucket, id, version, state, source, trigger_types, called_methods, stages, listened_types,
      heard_types, create_time, update_time)
    values (${market}, ${bucketOf(id)}, ${id}, 1, 'ACTIVE', ${content.source}, ${array(content.triggerTypes)},
      ${array(content.calledMethods)}, ${array(content.stages)}, ${array(content.listenedTypes)},
      ${array(content.listenedTypes)}, now(), now())
    on conflict do nothing`);
  if (inserted.count === 0) return false;
  await keepVersion(tx, market, id);
  return true;
}

/** Writes the next version of a workflow whose row is locked. Without content only its state changes. */
export async function saveWorkflow(
  tx: Tx,
  market: string,
  id: string,
  state: WorkflowState,
  content?: WorkflowContent,
): Promise<void> {
  const changes = content
    ? sql`, source = ${content.source}, trigger_types = ${array(content.triggerTypes)},
        called_methods = ${array(content.calledMethods)}, stages = ${array(content.stages)},
        listened_types = ${array(content.listenedTypes)},
        heard_types = array(select unnest(heard_types) union select unnest(${array(content.listenedTypes)}))`
    : sql``;
  await tx.execute(sql`
    update workflows set version = version + 1, state = ${state}, update_time = now() ${changes}
    where market = ${market} and bucket = ${bucketOf(id)} and id = ${id}`);
  await keepVersion(tx, market, id);
}

async function keepVersion(tx: Tx, market: string, id: string): Promise<void> {
  await tx.execute(sql`
    insert into workflow_versions (market, bucket, ${fields})
    select market, bucket, ${fields} from workflows
    where market = ${market} and bucket = ${bucketOf(id)} and id = ${id}`);
}

/** The sources of versions, by `id/version`. */
export async function readSources(
  tx: Tx,
  market: string,
  versions: readonly { readonly id: string; readonly version: number }[],
): Promise<Map<string, string>> {
  const rows = await tx.execute<{ id: string; version: string; source: string }>(sql`
    select v.id, v.version, v.source from workflow_versions v
    join ${columns(versions, {
      bucket: ["int4", ({ id }) => bucketOf(id)],
      id: ["text", ({ id }) => id],
      version: ["bigint", ({ version }) => version],
    })} on v.market = ${market} and v.bucket = given.bucket and v.id = given.id and v.version = given.version`);
  return new Map(rows.map(({ id, version, source }) => [`${id}/${version}`, source]));
}

/** What the workflows of these markets hear, by market: one statement, small where there are none. */
export async function readEars(tx: Tx, markets: readonly string[]): Promise<Map<string, Ear[]>> {
  const rows = await tx.execute<EarRow>(sql`
    select market, id, version, state, trigger_types, listened_types, heard_types from workflows
    where market = any(${array(markets)}) order by market, id`);
  const ears = new Map<string, Ear[]>();
  for (const row of rows) {
    const ear: Ear = {
      id: row.id,
      version: Number(row.version),
      state: row.state,
      triggerTypes: row.trigger_types,
      listenedTypes: row.listened_types,
      heardTypes: row.heard_types,
    };
    ears.set(row.market, [...(ears.get(row.market) ?? []), ear]);
  }
  return ears;
}

interface EarRow extends Record<string, unknown> {
  readonly market: string;
  readonly id: string;
  readonly version: string;
  readonly state: WorkflowState;
  readonly trigger_types: string[];
  readonly listened_types: string[];
  readonly heard_types: string[];
}

function array(texts: readonly string[]) {
  return sql`${sql.param([...texts])}::text[]`;
}

function workflowOf(row: WorkflowRow): StoredWorkflow {
  return {
    id: row.id,
    version: Number(row.version),
    state: row.state,
    source: row.source,
    triggerTypes: row.trigger_types,
    calledMethods: row.called_methods,
    stages: row.stages,
    createMs: msOf(row.create_time),
    updateMs: msOf(row.update_time),
  };
}
