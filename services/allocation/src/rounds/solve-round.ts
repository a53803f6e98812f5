import type { Tx } from "@marketmesh/postgres";
import { type Decision, resultOf } from "../domain/decision.ts";
import type { Plan } from "../domain/plan.ts";
import type { Round } from "../domain/round.ts";
import { type Solution, solveRound as solveGraph } from "../domain/round-graph.ts";
import type { SnapshotLevel } from "../domain/round-snapshot.ts";
import { phase } from "../spans.ts";
import { insertDecisions } from "../storage/decision-store.ts";
import { insertRoundPairs } from "../storage/round-pair-store.ts";
import { readSnapshot } from "../storage/round-snapshot-store.ts";
import { type LeasedRound, stepRound } from "../storage/round-store.ts";
import { planOfRound } from "./plan-of-round.ts";
import { type RankedRound, rankRound } from "./rank-round.ts";
import type { RoundDeps } from "./round-deps.ts";
import { topics } from "./signals.ts";

/** SOLVING to SOLVED: filter, rank, assign; the assignment and every demand's decision are stored in one transaction. */
export async function solveRound(deps: RoundDeps, leased: LeasedRound, signal: AbortSignal): Promise<Round> {
  const { database, leaseMs, signals } = deps;
  const { market, round } = leased;
  const { plan, demands, supplies } = await database.background(async (tx) => ({
    plan: await planOfRound(tx, leased),
    demands: await readSnapshot(tx, market, round.id, "DEMAND"),
    supplies: await readSnapshot(tx, market, round.id, "SUPPLY"),
  }));
  const ranked = await rankRound(
    deps,
    leased,
    plan,
    demands,
    supplies,
    signal,
    async (demandsRanked, pairs) => {
      const step = { demandsRanked, eligiblePairs: pairs };
      await database.background((tx) => stepRound(tx, leased, step, leaseMs));
      deps.faultPoint("round.ranked");
      signals.tell(topics.round(market, round.id));
    },
  );
  const startMs = performance.now();
  const size = { "marketmesh.demands": demands.length, "marketmesh.supplies": supplies.length };
  const solution = phase("assign", size, () => solveGraph(plan, demands, supplies, ranked.ranked));
  const decisions = decisionsOf(deps, leased, plan, demands, ranked, solution);
  return database.background(async (tx) => {
    await storeSolution(tx, leased, solution, decisions);
    const step = {
      state: "SOLVED",
      ...ranked.versions,
      edgeCount: solution.edgeCount,
      unknownSupplies: solution.unknownSupplies,
      pairsCount: solution.pairs.length,
      attempts: 0,
      phases: { filter: ranked.filterMs, rank: ranked.rankMs, assign: performance.now() - startMs },
    } as const;
    return stepRound(tx, leased, step, leaseMs);
  });
}

async function storeSolution(
  tx: Tx,
  { market, round }: LeasedRound,
  { pairs }: Solution,
  decisions: ReadonlyMap<string, Decision>,
): Promise<void> {
  await insertDecisions(tx, market, [...decisions.values()]);
  const numbered = pairs.map((pair, position) => ({
    ...pair,
    position,
    decision: decisions.get(pair.demand)!.id,
  }));
  await insertRoundPairs(tx, market, round.id, numbered);
}

/** What comes out as long as no supply is lost before its hold is taken. */
function decisionsOf(
  deps: RoundDeps,
  { round }: LeasedRound,
  plan: Plan,
  demands: readonly SnapshotLevel[],
  { filtered, versions }: RankedRound,
  { pairs, choices }: Solution,
): Map<string, Decision> {
  const heldUnits = new Map<string, number>();
  for (const { demand, units } of pairs) heldUnits.set(demand, (heldUnits.get(demand) ?? 0) + units);
  const decisionTime = round.decisionTime!;
  return new Map(
    demands.map(({ id: demand, units: openUnits }, at) => {
      const { funnel, demandVersion, feedSeq, eligible, absent } = filtered[at]!;
      const held = heldUnits.get(demand) ?? 0;
      const known = { openUnits, heldUnits: held, eligible, choices: choices[at]! };
      const decision: Decision = {
        id: deps.uuid(),
        demand,
        plan: plan.id,
        round: round.id,
        planVersion: plan.version,
        ...versions,
        demandVersion,
        feedSeq,
        decisionTime,
        funnel,
        openUnits,
        result: absent ? "NOT_OPEN" : resultOf(known),
        durationMs: undefined,
        createTime: decisionTime,
      };
      return [demand, decision] as const;
    }),
  );
}
