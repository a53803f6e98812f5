import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { type SQL, sql } from "drizzle-orm";
import type { KeptRules } from "../domain/offer-rules.ts";
import { inChunks } from "./chunks.ts";
import { fromJson, jsonOf } from "./json.ts";

/** Offers that are due without a new decision. */
export interface OfferJob {
  /** That ended, or whose demand is offered more. */
  readonly offer: string;
  readonly kind: "BACKFILL" | "OVER_OFFER";
  readonly demand: string;
  readonly plan: string;
  readonly round: string;
  readonly decision: string;
  /** Of each offer. */
  readonly units: number;
  /** Offers. */
  readonly wanted: number;
  readonly wave: number;
  /** Of the offer. */
  readonly rules: KeptRules;
}

export async function insertOfferJobs(tx: Tx, market: string, jobs: readonly OfferJob[]): Promise<void> {
  for (const chunk of inChunks(jobs)) {
    await tx.execute(sql`
      insert into offer_jobs (market, bucket, offer, kind, demand, plan, round, decision, units, wanted, wave, rules)
      select ${market}, * from ${columns(chunk, {
        bucket: ["int4", (job) => bucketOf(job.offer)],
        offer: ["text", (job) => job.offer],
        kind: ["text", (job) => job.kind],
        demand: ["text", (job) => job.demand],
        plan: ["text", (job) => job.plan],
        round: ["text", (job) => job.round],
        decision: ["text", (job) => job.decision],
        units: ["bigint", (job) => job.units],
        wanted: ["int4", (job) => job.wanted],
        wave: ["int4", (job) => job.wave],
        rules: ["jsonb", (job) => jsonOf(job.rules)],
      })}
      on conflict do nothing`);
  }
}

interface JobRow extends Record<string, unknown>, Omit<OfferJob, "units" | "rules"> {
  readonly units: string;
  readonly rules: KeptRules | string;
}

/** Which jobs are looked at, by their keys; without any: all. */
export interface OfferJobFilter {
  readonly leftOut?: readonly string[];
  readonly only?: readonly string[];
}

/** What names a job. */
export function keyOfJob({ offer, kind }: Pick<OfferJob, "offer" | "kind">): string {
  return `${kind} ${offer}`;
}

function within({ leftOut = [], only }: OfferJobFilter): SQL {
  const key = sql`(kind || ' ' || offer)`;
  const without = leftOut.length === 0 ? sql`` : sql`and ${key} <> all(${sql.param([...leftOut])}::text[])`;
  return only === undefined ? without : sql`${without} and ${key} = any(${sql.param([...only])}::text[])`;
}

/** Markets in which offers are due. At most 100. */
export async function marketsWithOfferJobs(tx: Tx, filter: OfferJobFilter = {}): Promise<string[]> {
  const rows = await tx.execute<{ market: string }>(
    sql`select distinct market from offer_jobs where true ${within(filter)} order by market limit 100`,
  );
  return rows.map(({ market }) => market);
}

/**
 * The first jobs of a market, at most `limit`, in the order in which they became due; empty while somebody else works on
 * the market's. They are the transaction's alone.
 */
export async function takeOfferJobs(
  tx: Tx,
  market: string,
  limit: number,
  filter: OfferJobFilter = {},
): Promise<OfferJob[]> {
  const [lock] = await tx.execute<{ locked: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${`offers/${market}`}, 0)) as locked`,
  );
  if (!lock!.locked) return [];
  const rows = await tx.execute<JobRow>(sql`
    select offer, kind, demand, plan, round, decision, units, wanted, wave, rules from offer_jobs
    where market = ${market} ${within(filter)} order by seq limit ${limit} for update`);
  return rows.map((row) => ({ ...row, units: Number(row.units), rules: fromJson<KeptRules>(row.rules)! }));
}

/** The keys of the jobs that would be taken. */
export async function readOfferJobKeys(
  tx: Tx,
  market: string,
  limit: number,
  filter: OfferJobFilter,
): Promise<string[]> {
  const rows = await tx.execute<Pick<OfferJob, "offer" | "kind"> & Record<string, unknown>>(sql`
    select offer, kind from offer_jobs where market = ${market} ${within(filter)} order by seq limit ${limit}`);
  return rows.map(keyOfJob);
}

export async function deleteOfferJobs(tx: Tx, market: string, jobs: readonly OfferJob[]): Promise<void> {
  if (jobs.length === 0) return;
  await tx.execute(sql`
    delete from offer_jobs j using ${columns(jobs, {
      bucket: ["int4", (job) => bucketOf(job.offer)],
      offer: ["text", (job) => job.offer],
      kind: ["text", (job) => job.kind],
    })}
    where j.market = ${market} and j.bucket = given.bucket and j.offer = given.offer and j.kind = given.kind`);
}
