import { bucketOf, columns, type Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";

/** A pair that a round chose, held or not. */
export interface ChosenPair {
  readonly supply: string;
  readonly demandScore: number;
  readonly supplyScore: number;
  /** Why no hold was taken; empty: it was, or is still to be. */
  readonly lostBecause: string;
}

interface ChosenRow extends Record<string, unknown> {
  readonly decision: string;
  readonly supply: string;
  readonly demand_score: number;
  readonly supply_score: number;
  readonly lost_because: string | null;
}

/** The pairs of decisions that rounds made, by decision. What allocate-now chose is with its holds. */
export async function readChosenPairs(
  tx: Tx,
  market: string,
  decisions: readonly { readonly id: string; readonly round: string }[],
): Promise<Map<string, ChosenPair[]>> {
  const pairs = new Map<string, ChosenPair[]>();
  for (const [round, ofRound] of Map.groupBy(decisions, (decision) => decision.round)) {
    if (round === "") continue;
    const rows = await tx.execute<ChosenRow>(sql`
      select p.decision, p.supply, p.demand_score, p.supply_score, p.lost_because from round_pairs p
      join ${columns(ofRound, { id: ["text", ({ id }) => id] })} on p.decision = given.id
      where p.market = ${market} and p.bucket = ${bucketOf(round)} and p.round = ${round} order by p.position`);
    for (const row of rows) {
      const known = pairs.get(row.decision) ?? [];
      known.push({
        supply: row.supply,
        demandScore: row.demand_score,
        supplyScore: row.supply_score,
        lostBecause: row.lost_because ?? "",
      });
      pairs.set(row.decision, known);
    }
  }
  return pairs;
}
