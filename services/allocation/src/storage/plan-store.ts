import { bucketOf, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { Plan, PlanContent } from "../domain/plan.ts";
import { dateOf, type Timestamp } from "./time.ts";

export interface PlanRow extends Record<string, unknown> {
  readonly id: string;
  readonly version: string;
  readonly content: PlanContent | string;
  readonly create_time: Timestamp;
  readonly update_time: Timestamp;
}

/** A plan and the round of it that has not taken its holds yet; empty: none. */
export interface LockedPlan {
  readonly plan: Plan;
  readonly activeRound: string;
}

/** The current version, or the one asked for. */
export async function readPlan(tx: Tx, market: string, id: string, version = 0): Promise<Plan | undefined> {
  const table = sql.raw(version === 0 ? "plans" : "plan_versions");
  const [row] = await tx.execute<PlanRow>(sql`
    select id, version, content, create_time, update_time from ${table}
    where market = ${market} and bucket = ${bucketOf(id)} and id = ${id}
      ${version === 0 ? sql`` : sql`and version = ${version}`}`);
  return row && planOf(row);
}

export async function lockPlan(tx: Tx, market: string, id: string): Promise<LockedPlan | undefined> {
  const [row] = await tx.execute<PlanRow & { active_round: string }>(sql`
    select id, version, content, create_time, update_time, active_round from plans
    where market = ${market} and bucket = ${bucketOf(id)} and id = ${id} for update`);
  return row && { plan: planOf(row), activeRound: row.active_round };
}

export async function listPlans(tx: Tx, market: string, after: string, limit: number): Promise<Plan[]> {
  const rows = await tx.execute<PlanRow>(sql`
    select id, version, content, create_time, update_time from plans
    where market = ${market} and id > ${after} order by id limit ${limit}`);
  return rows.map(planOf);
}

/** Writes a version of a plan; false when it is version 1 and the id is taken. */
export async function savePlan(tx: Tx, market: string, id: string, version: number, content: PlanContent) {
  const key = sql`${market}, ${bucketOf(id)}, ${id}`;
  const json = JSON.stringify(content);
  const written =
    version === 1
      ? await tx.execute(sql`insert into plans (market, bucket, id, version, content, create_time, update_time)
          values (${key}, 1, ${json}::text::jsonb, now(), now()) on conflict do nothing`)
      : await tx.execute(sql`update plans set version = ${version}, content = ${json}::text::jsonb, update_time = now()
          where market = ${market} and bucket = ${bucketOf(id)} and id = ${id}`);
  if (written.count === 0) return false;
  await tx.execute(sql`
    insert into plan_versions (market, bucket, id, version, content, create_time, update_time)
    select market, bucket, id, version, content, create_time, update_time from plans
    where market = ${market} and bucket = ${bucketOf(id)} and id = ${id}`);
  return true;
}

/** Says which round of the plan has yet to take its holds; the plan's row is locked. Empty: none. */
export async function setActiveRound(tx: Tx, market: string, plan: string, round: string): Promise<void> {
  await tx.execute(sql`
    update plans set active_round = ${round} where market = ${market} and bucket = ${bucketOf(plan)} and id = ${plan}`);
}

/** Lets the plan's next round begin, when this one is the active one. */
export async function clearActiveRound(tx: Tx, market: string, plan: string, round: string): Promise<void> {
  await tx.execute(sql`
    update plans set active_round = ''
    where market = ${market} and bucket = ${bucketOf(plan)} and id = ${plan} and active_round = ${round}`);
}

export function planOf(row: PlanRow): Plan {
  const content = typeof row.content === "string" ? (JSON.parse(row.content) as PlanContent) : row.content;
  return {
    ...content,
    answeredBy: content.answeredBy,
    id: row.id,
    version: Number(row.version),
    createTime: dateOf(row.create_time),
    updateTime: dateOf(row.update_time),
  };
}
