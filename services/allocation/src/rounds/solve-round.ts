import type { Tx } from "@marketmesh/postgres";
import { type Decided, logRound } from "../decisions/log-decided.ts";
import { holdRecording } from "../decisions/recording.ts";
import { type Decision, resultOf } from "../domain/decision.ts";
import { roundSeed } from "../domain/engine-plan.ts";
import type { LearnedState } from "../domain/expected-round.ts";
import type { Plan } from "../domain/plan.ts";
import type { Round } from "../domain/round.ts";
import { type Solution, solveRound as solveRanked } from "../domain/round-graph.ts";
import { proofOf, proofSummary, recordOf } from "../domain/round-record.ts";
import type { SnapshotLevel } from "../domain/round-snapshot.ts";
import { announceRound } from "../events/round-facts.ts";
import { keepRankings } from "../offers/keep-rankings.ts";
import { phase } from "../spans.ts";
import { insertDecisions } from "../storage/decision-store.ts";
import { readKnowledge, saveKnowledge } from "../storage/plan-state-store.ts";
import { compressGraph, insertRoundGraph } from "../storage/round-graph-store.ts";
import { insertRoundPairs } from "../storage/round-pair-store.ts";
import { readSnapshot } from "../storage/round-snapshot-store.ts";
import { type LeasedRound, type RoundStep, stepRound } from "../storage/round-store.ts";
import { planOfRound } from "./plan-of-round.ts";
import { type RankedRound, rankRound } from "./rank-round.ts";
import type { RoundDeps } from "./round-deps.ts";
import { topics } from "./signals.ts";
import { solveGraph } from "./solve-graph.ts";

/**
 * SOLVING to SOLVED, or to wait for an approval, or a dry run to its end: filter, rank, assign; the assignment and every
 * demand's decision are stored in one transaction.
 */
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
  const seed = roundSeed(plan.seed ?? 0, round.id);
  const known =
    plan.strategy === "EXPECTED"
      ? await database.background((tx) => readKnowledge(tx, market, plan.id))
      : undefined;
  let learned: LearnedState | undefined;
  const solution = await phase("assign", size, () =>
    solveRanked(plan, demands, supplies, ranked.ranked, seed, async (graph, asked) => {
      const { plannedRounds } = plan;
      const solved = await solveGraph({ graph, plan: asked, known, plannedRounds }, signal);
      learned = solved.learned;
      return solved.solution;
    }),
  );
  const assignMs = performance.now() - startMs;
  const record = await compressGraph(recordOf(solution, known), proofOf(solution));
  return database.background(async (tx) => {
    await holdRecording(tx, market);
    const log = { log: deps.uuid(), plan, versions: ranked.versions, release: deps.release };
    const decisions = round.dryRun ? undefined : decisionsOf(deps, leased, log, demands, ranked, solution);
    await insertRoundGraph(tx, market, round.id, record);
    await storeSolution(tx, leased, solution, decisions);
    const ids = new Map([...(decisions ?? [])].map(([demand, { id }]) => [demand, id]));
    const snapshot = { demands, supplies, ranked: ranked.ranked };
    await keepRankings(tx, market, plan, ids, snapshot, round.decisionTime!);
    if (!round.dryRun) await logRound(tx, leased, log, solution, demands.length);
    if (known && !round.dryRun) await saveKnowledge(tx, market, plan.id, known, learned!);
    const step = {
      ...ranked.versions,
      stateVersion: known?.version ?? 0,
      ...nextOf(plan, round, solution),
      strategy: plan.strategy,
      seed,
      proof: proofSummary(solution),
      edgeCount: solution.edgeCount,
      unknownSupplies: solution.unknownSupplies,
      pairsCount: solution.pairs.length,
      attempts: 0,
      phases: { filter: ranked.filterMs, rank: ranked.rankMs, assign: assignMs },
    } as const;
    const solved = await stepRound(tx, leased, step, leaseMs);
    if (solved.state === "AWAITING_APPROVAL") await announceRound(tx, market, solved);
    return solved;
  });
}

/** Where a solved round goes: what is tried ends, what needs an approval and has something to approve waits. */
function nextOf(plan: Plan, round: Round, { pairs }: Solution): RoundStep {
  if (round.dryRun) return { state: "SIMULATED" };
  if (plan.approvalWindowMs === undefined || pairs.length === 0) return { state: "SOLVED" };
  const approvalExpireTime = new Date(round.decisionTime!.getTime() + plan.approvalWindowMs);
  return { state: "AWAITING_APPROVAL", approvalExpireTime };
}

async function storeSolution(
  tx: Tx,
  { market, round }: LeasedRound,
  { pairs }: Solution,
  decisions: ReadonlyMap<string, Decision> | undefined,
): Promise<void> {
  if (decisions) await insertDecisions(tx, market, [...decisions.values()]);
  const numbered = pairs.map((pair, position) => ({
    ...pair,
    position,
    decision: decisions?.get(pair.demand)?.id ?? "",
  }));
  await insertRoundPairs(tx, market, round.id, numbered);
}

/** What comes out as long as no supply is lost before its hold is taken. */
function decisionsOf(
  deps: RoundDeps,
  { round }: LeasedRound,
  { log, plan }: Decided,
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
        log,
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
