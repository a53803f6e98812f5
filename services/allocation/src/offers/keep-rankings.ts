import type { Tx } from "@marketmesh/postgres";
import type { Candidate, DemandChoices } from "../domain/pick-supplies.ts";
import type { Plan } from "../domain/plan.ts";
import type { RankedDemand } from "../domain/round-graph.ts";
import type { SnapshotLevel } from "../domain/round-snapshot.ts";
import { insertRankings } from "../storage/ranking-store.ts";

/** What was decided: the id of the decision about each demand, by demand. */
export type DecisionIds = ReadonlyMap<string, string>;

/** Keeps what a batch of decisions had to choose from, where the plan makes offers from it later. */
export async function keepChoices(
  tx: Tx,
  market: string,
  plan: Plan,
  decisions: DecisionIds,
  choices: readonly DemandChoices[],
  now: Date,
): Promise<void> {
  if (!plan.offers) return;
  const kept = choices.flatMap(({ demand, candidates }) => {
    const decision = decisions.get(demand);
    return decision === undefined || candidates.length === 0
      ? []
      : [{ decision, demand, plan: plan.id, candidates }];
  });
  await insertRankings(tx, market, kept, now);
}

/** Likewise of a round. */
export async function keepRankings(
  tx: Tx,
  market: string,
  plan: Plan,
  decisions: DecisionIds,
  { demands, supplies, ranked }: RankedSnapshot,
  now: Date,
): Promise<void> {
  if (!plan.offers) return;
  const idOf = new Map(supplies.map(({ ordinal, id }) => [ordinal, id]));
  const choices = ranked.map((ranking) => ({
    demand: demands[ranking.demand]!.id,
    candidates: candidatesOf(ranking, idOf),
    more: false,
  }));
  await keepChoices(tx, market, plan, decisions, choices, now);
}

export interface RankedSnapshot {
  readonly demands: readonly SnapshotLevel[];
  readonly supplies: readonly SnapshotLevel[];
  readonly ranked: readonly RankedDemand[];
}

function candidatesOf(ranking: RankedDemand, idOf: ReadonlyMap<number, string>): Candidate[] {
  return ranking.ordinals.flatMap((ordinal, at) => {
    const supply = idOf.get(ordinal);
    if (supply === undefined) return [];
    const demandScore = ranking.demandScores[at]!;
    return [{ supply, demandScore, supplyScore: ranking.supplyScores[at] ?? demandScore }];
  });
}
