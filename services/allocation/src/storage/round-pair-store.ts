import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import { inChunks } from "./chunks.ts";

/** One pair of a solved assignment. */
export interface RoundPair {
  /** From 0: the order in which holds are taken. */
  readonly position: number;
  readonly demand: string;
  readonly supply: string;
  readonly units: number;
  readonly demandScore: number;
  readonly supplyScore: number;
  readonly decision: string;
  /** Why it is not held; empty: it is, or has yet to be. */
  readonly lostBecause: string;
}

export async function insertRoundPairs(
  tx: Tx,
  market: string,
  round: string,
  pairs: readonly Omit<RoundPair, "lostBecause">[],
): Promise<void> {
  for (const chunk of inChunks(pairs)) {
    await tx.execute(sql`
      insert into round_pairs (market, bucket, round, position, demand, supply, units, demand_score, supply_score, decision)
      select ${market}, ${bucketOf(round)}, ${round}, * from ${columns(chunk, {
        position: ["int4", (pair) => pair.position],
        demand: ["text", (pair) => pair.demand],
        supply: ["text", (pair) => pair.supply],
        units: ["bigint", (pair) => pair.units],
        demand_score: ["int4", (pair) => pair.demandScore],
        supply_score: ["int4", (pair) => pair.supplyScore],
        decision: ["text", (pair) => pair.decision],
      })}`);
  }
}

interface PairRow extends Record<string, unknown> {
  readonly position: number;
  readonly demand: string;
  readonly supply: string;
  readonly units: string;
  readonly demand_score: number;
  readonly supply_score: number;
  readonly decision: string;
  readonly lost_because: string | null;
}

/** Pairs from a position on, in order. */
export async function readRoundPairs(
  tx: Tx,
  market: string,
  round: string,
  from: number,
  limit: number,
): Promise<RoundPair[]> {
  const rows = await tx.execute<PairRow>(sql`
    select position, demand, supply, units, demand_score, supply_score, decision, lost_because
    from round_pairs
    where market = ${market} and bucket = ${bucketOf(round)} and round = ${round} and position >= ${from}
    order by position limit ${limit}`);
  return rows.map((row) => ({
    position: row.position,
    demand: row.demand,
    supply: row.supply,
    units: Number(row.units),
    demandScore: row.demand_score,
    supplyScore: row.supply_score,
    decision: row.decision,
    lostBecause: row.lost_because ?? "",
  }));
}

/** Records why pairs were not held. */
export async function saveLostPairs(
  tx: Tx,
  market: string,
  round: string,
  lost: readonly { readonly position: number; readonly reason: string }[],
): Promise<void> {
  if (lost.length === 0) return;
  await tx.execute(sql`
    update round_pairs p set lost_because = given.reason
    from ${columns(lost, { position: ["int4", (pair) => pair.position], reason: ["text", (pair) => pair.reason] })}
    where p.market = ${market} and p.bucket = ${bucketOf(round)} and p.round = ${round}
      and p.position = given.position`);
}

/** Decisions of a round that lost a pair: what they wanted and what they hold. */
export async function readDecisionsWithLosses(tx: Tx, market: string, round: string) {
  const rows = await tx.execute<{ decision: string; open_units: string; held_units: string }>(sql`
    with losers as (
      select decision, coalesce(sum(units) filter (where lost_because is null), 0) as held_units
      from round_pairs where market = ${market} and bucket = ${bucketOf(round)} and round = ${round}
      group by decision having bool_or(lost_because is not null))
    select l.decision, l.held_units, d.open_units
    from losers l join decisions d on d.market = ${market} and d.id = l.decision`);
  return rows.map((row) => ({
    id: row.decision,
    openUnits: Number(row.open_units),
    heldUnits: Number(row.held_units),
  }));
}
