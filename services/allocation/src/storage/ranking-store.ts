import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { Candidate } from "../domain/pick-supplies.ts";
import { inChunks } from "./chunks.ts";

/** What a decision had to choose from, best first. */
export interface KeptRanking {
  readonly decision: string;
  readonly demand: string;
  readonly plan: string;
  readonly candidates: readonly Candidate[];
}

/** Keeps rankings of decisions whose offers may be replaced. */
export async function insertRankings(
  tx: Tx,
  market: string,
  rankings: readonly KeptRanking[],
  now: Date,
): Promise<void> {
  for (const chunk of inChunks(rankings, 200)) {
    await tx.execute(sql`
      insert into decision_rankings (market, bucket, decision, plan, demand, supplies, demand_scores, supply_scores, create_time)
      select ${market}, bucket, decision, plan, demand, supplies::text[], demand_scores::integer[], supply_scores::integer[],
        ${now.toISOString()}
      from ${columns(chunk, {
        bucket: ["int4", ({ decision }) => bucketOf(decision)],
        decision: ["text", ({ decision }) => decision],
        plan: ["text", ({ plan }) => plan],
        demand: ["text", ({ demand }) => demand],
        // Ids of listings need no quotes in an array's text.
        supplies: ["text", ({ candidates }) => `{${candidates.map(({ supply }) => supply).join(",")}}`],
        demand_scores: ["text", ({ candidates }) => `{${candidates.map((c) => c.demandScore).join(",")}}`],
        supply_scores: ["text", ({ candidates }) => `{${candidates.map((c) => c.supplyScore).join(",")}}`],
      })}
      on conflict do nothing`);
  }
}

interface RankingRow extends Record<string, unknown> {
  readonly decision: string;
  readonly supplies: readonly string[];
  readonly demand_scores: readonly number[];
  readonly supply_scores: readonly number[];
}

/** By decision; those that were not kept are left out. */
export async function readRankings(
  tx: Tx,
  market: string,
  decisions: Iterable<string>,
): Promise<Map<string, Candidate[]>> {
  const ids = [...new Set(decisions)];
  const rows = await tx.execute<RankingRow>(sql`
    select r.decision, r.supplies, r.demand_scores, r.supply_scores from decision_rankings r
    join ${columns(ids, { bucket: ["int4", bucketOf], id: ["text", (id) => id] })}
      on r.market = ${market} and r.bucket = given.bucket and r.decision = given.id`);
  return new Map(rows.map((row) => [row.decision, candidatesOf(row)]));
}

/** How the plan's last decision about the demand that kept its ranking saw the supply; undefined: it did not. */
export async function readKeptScore(
  tx: Tx,
  market: string,
  plan: string,
  demand: string,
  supply: string,
): Promise<number | undefined> {
  const [row] = await tx.execute<{ score: number | null }>(sql`
    select demand_scores[array_position(supplies, ${supply})] as score from decision_rankings
    where market = ${market} and demand = ${demand} and plan = ${plan} order by create_time desc limit 1`);
  return row?.score ?? undefined;
}

/** Forgets rankings that nothing can come of any more: by the market clock older than the longest life of an offer and its successors. */
export async function purgeRankings(tx: Tx, limit: number): Promise<number> {
  const gone = await tx.execute(sql`
    delete from decision_rankings where ctid = any(array(
      select r.ctid from decision_rankings r left join clocks c on c.market = r.market
      where not exists (select from holds h where h.market = r.market and h.demand = r.demand and h.state = 'HELD')
        and not exists (select from offer_jobs j where j.market = r.market and j.demand = r.demand)
        and r.create_time < coalesce(c.market_time, now()) - interval '30 days'
      limit ${limit}))`);
  return gone.count;
}

function candidatesOf(row: RankingRow): Candidate[] {
  return row.supplies.map((supply, at) => ({
    supply,
    demandScore: row.demand_scores[at]!,
    supplyScore: row.supply_scores[at]!,
  }));
}
