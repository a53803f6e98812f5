import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";
import { inChunks } from "../storage/chunks.ts";
import { dateOf, type Timestamp } from "../storage/time.ts";
import { type LogEntry, type Proof, timeOfId } from "./log-entry.ts";

interface LogRow extends Record<string, unknown> {
  readonly id: string;
  readonly round: string;
  readonly plan: string;
  readonly plan_version: string;
  readonly policy_version: string;
  readonly demand_model_version: string;
  readonly supply_model_version: string;
  readonly statistics_version: string;
  readonly decision_time: Timestamp;
  readonly strategy: string;
  readonly release: string;
  readonly demand_count: string;
  readonly pair_count: string;
  readonly result_hash: string;
  readonly proof: Proof | string | null;
  readonly content: Uint8Array | null;
}

const fields = sql.raw(`l.id, l.round, l.plan, l.plan_version, l.policy_version, l.demand_model_version,
  l.supply_model_version, l.statistics_version, l.decision_time, l.strategy, l.release, l.demand_count, l.pair_count,
  l.result_hash, l.proof, l.content`);

/** Appends what was decided, in the transaction that stores it. */
export async function appendToLog(tx: Tx, market: string, entry: LogEntry): Promise<void> {
  await tx.execute(appending(market, entry));
}

/** The statement that does, to go along with another. */
export function appending(market: string, entry: LogEntry): SQL {
  const proof = entry.proof && JSON.stringify(entry.proof);
  return sql`
    insert into decision_log (market, bucket, id, record_time, round, plan, plan_version, policy_version,
      demand_model_version, supply_model_version, statistics_version, decision_time, strategy, release, demand_count,
      pair_count, result_hash, proof, content)
    values (${market}, ${bucketOf(entry.id)}, ${entry.id}, ${recordTime(entry.id)}, ${entry.round}, ${entry.plan},
      ${entry.planVersion}, ${entry.policyVersion}, ${entry.demandModelVersion}, ${entry.supplyModelVersion},
      ${entry.statisticsVersion}, ${entry.decisionTime.toISOString()}, ${entry.strategy}, ${entry.release},
      ${entry.demandCount}, ${entry.pairCount}, ${entry.resultHash}, ${proof ?? null}::text::jsonb,
      ${entry.content ?? null})`;
}

/** Entries by id, in no order; ids that are no longer kept are left out. */
export async function readLog(tx: Tx, market: string, ids: Iterable<string>): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (const chunk of inChunks([...new Set(ids)].filter((id) => id !== ""))) {
    const rows = await tx.execute<LogRow>(sql`
      select ${fields} from decision_log l join ${columns(chunk, {
        bucket: ["int4", bucketOf],
        id: ["text", (id) => id],
        record_time: ["timestamptz", (id) => timeOfId(id) ?? new Date(0)],
      })}
        on l.market = ${market} and l.bucket = given.bucket and l.id = given.id and l.record_time = given.record_time`);
    for (const row of rows) entries.push(entryOf(row));
  }
  return entries;
}

/** The entry of a round; undefined: it has not been solved, or is no longer kept. */
export async function readLogOfRound(tx: Tx, market: string, round: string): Promise<LogEntry | undefined> {
  const [row] = await tx.execute<LogRow>(sql`
    select ${fields} from decision_log l where l.market = ${market} and l.round = ${round} and l.round <> ''
    order by l.record_time desc limit 1`);
  return row && entryOf(row);
}

/** The latest rounds of a plan that were solved, latest first. */
export async function listLoggedRounds(
  tx: Tx,
  market: string,
  plan: string,
  limit: number,
): Promise<string[]> {
  const rows = await tx.execute<{ round: string }>(sql`
    select round from decision_log where market = ${market} and plan = ${plan} and round <> ''
    order by record_time desc, id desc limit ${limit}`);
  return rows.map(({ round }) => round);
}

function recordTime(id: string): string {
  return (timeOfId(id) ?? new Date(0)).toISOString();
}

function entryOf(row: LogRow): LogEntry {
  return {
    id: row.id,
    round: row.round,
    plan: row.plan,
    planVersion: Number(row.plan_version),
    policyVersion: Number(row.policy_version),
    demandModelVersion: Number(row.demand_model_version),
    supplyModelVersion: Number(row.supply_model_version),
    statisticsVersion: Number(row.statistics_version),
    decisionTime: dateOf(row.decision_time),
    strategy: row.strategy,
    release: row.release,
    demandCount: Number(row.demand_count),
    pairCount: Number(row.pair_count),
    resultHash: row.result_hash,
    proof: typeof row.proof === "string" ? (JSON.parse(row.proof) as Proof) : (row.proof ?? undefined),
    content: row.content ?? undefined,
  };
}
