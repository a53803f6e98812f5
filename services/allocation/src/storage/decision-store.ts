import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";
import type { Decision, DecisionResult } from "../domain/decision.ts";
import { inChunks } from "./chunks.ts";
import { dateOf, type Timestamp } from "./time.ts";

interface DecisionRow extends Record<string, unknown> {
  readonly id: string;
  readonly demand: string;
  readonly plan: string;
  readonly log: string;
  readonly round: string;
  readonly plan_version: string;
  readonly policy_version: string;
  readonly demand_model_version: string;
  readonly supply_model_version: string;
  readonly statistics_version: string;
  readonly demand_version: string;
  readonly feed_seq: string;
  readonly decision_time: Timestamp;
  readonly funnel: Uint8Array | null;
  readonly open_units: string;
  readonly result: DecisionResult;
  readonly duration_ms: number | null;
  readonly create_time: Timestamp;
}

const fields = sql.raw(
  [
    ...["id", "demand", "plan", "round", "plan_version", "policy_version", "demand_model_version"],
    ...[
      "supply_model_version",
      "statistics_version",
      "demand_version",
      "feed_seq",
      "decision_time",
      "funnel",
    ],
    ...["open_units", "result", "create_time", "log"],
  ]
    .map((name) => `d.${name}`)
    .join(", "),
);

/** @param along an insert of another table that goes in the same statement; `decisions` are not empty then */
export async function insertDecisions(
  tx: Tx,
  market: string,
  decisions: readonly Decision[],
  along?: SQL,
): Promise<void> {
  for (const [nth, chunk] of [...inChunks(decisions)].entries()) {
    await tx.execute(sql`
      ${along && nth === 0 ? sql`with along as (${along})` : sql``} insert into decisions (market, bucket, id, demand, plan, round, plan_version, policy_version, demand_model_version,
        supply_model_version, statistics_version, demand_version, feed_seq, decision_time, funnel, open_units, result,
        duration_ms, create_time, log)
      select ${market}, * from ${columns(chunk, {
        bucket: ["int4", (decision) => bucketOf(decision.id)],
        id: ["text", (decision) => decision.id],
        demand: ["text", (decision) => decision.demand],
        plan: ["text", (decision) => decision.plan],
        round: ["text", (decision) => decision.round],
        plan_version: ["bigint", (decision) => decision.planVersion],
        policy_version: ["bigint", (decision) => decision.policyVersion],
        demand_model_version: ["bigint", (decision) => decision.demandModelVersion],
        supply_model_version: ["bigint", (decision) => decision.supplyModelVersion],
        statistics_version: ["bigint", (decision) => decision.statisticsVersion],
        demand_version: ["bigint", (decision) => decision.demandVersion],
        feed_seq: ["bigint", (decision) => decision.feedSeq],
        decision_time: ["timestamptz", (decision) => decision.decisionTime],
        funnel: ["bytea", (decision) => decision.funnel ?? null],
        open_units: ["bigint", (decision) => decision.openUnits],
        result: ["text", (decision) => decision.result],
        duration_ms: ["float8", (decision) => decision.durationMs ?? null],
        create_time: ["timestamptz", (decision) => decision.createTime],
        log: ["text", (decision) => decision.log],
      })}`);
  }
}

/** When each demand was first decided about, by the market clock; those that never were are left out. */
export async function readFirstDecisions(
  tx: Tx,
  market: string,
  demands: readonly string[],
): Promise<ReadonlyMap<string, Date>> {
  const first = new Map<string, Date>();
  for (const chunk of inChunks(demands, 5_000)) {
    const rows = await tx.execute<{ demand: string; decision_time: Timestamp }>(sql`
      select demand, min(decision_time) as decision_time from decisions
      where market = ${market} and demand = any(${sql.param([...chunk])}::text[]) group by demand`);
    for (const row of rows) first.set(row.demand, dateOf(row.decision_time));
  }
  return first;
}

/** Says of a round's decisions that what they chose is not held. */
export async function saveRejected(tx: Tx, market: string, round: string): Promise<void> {
  await tx.execute(sql`
    update decisions set result = 'REJECTED'
    where market = ${market} and round = ${round} and result in ('HELD', 'PARTLY_HELD')`);
}

/** Corrects what came out of decisions, after supplies were lost between deciding and holding. */
export async function saveResults(
  tx: Tx,
  market: string,
  results: readonly { readonly id: string; readonly result: DecisionResult }[],
): Promise<void> {
  for (const chunk of inChunks(results)) {
    await tx.execute(sql`
      update decisions d set result = given.result
      from ${columns(chunk, {
        bucket: ["int4", ({ id }) => bucketOf(id)],
        id: ["text", ({ id }) => id],
        result: ["text", ({ result }) => result],
      })}
      where d.market = ${market} and d.bucket = given.bucket and d.id = given.id`);
  }
}

/** What a list of decisions leaves out; undefined leaves out nothing. */
export interface DecisionFilter {
  readonly id?: string;
  readonly demand?: string | undefined;
  readonly round?: string | undefined;
}

export async function listDecisions(
  tx: Tx,
  market: string,
  { id, demand, round }: DecisionFilter,
  after: string,
  limit: number,
): Promise<Decision[]> {
  const rows = await tx.execute<DecisionRow>(sql`
    select ${fields}, coalesce(d.duration_ms, r.decide_ms) as duration_ms
    from decisions d
    left join rounds r on d.round <> '' and r.market = d.market and r.id = d.round
    where d.market = ${market} and d.id > ${after}
      ${id === undefined ? sql`` : sql`and d.bucket = ${bucketOf(id)} and d.id = ${id}`}
      ${demand === undefined ? sql`` : sql`and d.demand = ${demand}`}
      ${round === undefined ? sql`` : sql`and d.round = ${round}`}
    order by d.id limit ${limit}`);
  return rows.map(decisionOf);
}

function decisionOf(row: DecisionRow): Decision {
  return {
    id: row.id,
    demand: row.demand,
    plan: row.plan,
    log: row.log,
    round: row.round,
    planVersion: Number(row.plan_version),
    policyVersion: Number(row.policy_version),
    demandModelVersion: Number(row.demand_model_version),
    supplyModelVersion: Number(row.supply_model_version),
    statisticsVersion: Number(row.statistics_version),
    demandVersion: Number(row.demand_version),
    feedSeq: Number(row.feed_seq),
    decisionTime: dateOf(row.decision_time),
    funnel: row.funnel ?? undefined,
    openUnits: Number(row.open_units),
    result: row.result,
    durationMs: row.duration_ms ?? undefined,
    createTime: dateOf(row.create_time),
  };
}
