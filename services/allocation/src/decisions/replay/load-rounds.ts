import { bucketOf, type Tx } from "@marketmesh/postgres";
import { type Caller, idsOf, invalidField } from "@marketmesh/rpc";
import { sql } from "drizzle-orm";
import type { Plan } from "../../domain/plan.ts";
import type { Round } from "../../domain/round.ts";
import { nameOf, patterns, planOf } from "../../rpc/names.ts";
import { found, refuse } from "../../rpc/problem.ts";
import { readPlan } from "../../storage/plan-store.ts";
import { readRound } from "../../storage/round-store.ts";
import type { RoundRecord } from "../heavy/recorded-round.ts";
import type { LogEntry } from "../log-entry.ts";
import { listLoggedRounds, readLogOfRound } from "../log-store.ts";

/** A round that can be decided again. */
export interface ReplayableRound {
  readonly round: Round;
  readonly plan: Plan;
  /** Undefined: a dry run, which is not logged. */
  readonly entry: LogEntry | undefined;
}

/** Pairs of all rounds of one call: what a thread can hold. */
export const edgesMax = 5_000_000;

interface RoundsRequest {
  readonly parent: string;
  readonly rounds: readonly string[];
  readonly plan: string;
  readonly roundCount: number;
}

/** The rounds that a request names, or the latest of its plan; by decision time. */
export async function selectRounds(
  tx: Tx,
  caller: Caller,
  market: string,
  request: RoundsRequest,
): Promise<ReplayableRound[]> {
  const ids = new Set(await roundIds(tx, caller, market, request));
  const rounds: ReplayableRound[] = [];
  for (const id of ids) rounds.push(await readReplayable(tx, caller, market, id));
  const edges = rounds.reduce((sum, { round }) => sum + round.edgeCount, 0);
  if (edges > edgesMax) {
    const message = `${edges} pairs in all; at most ${edgesMax} are replayed together`;
    throw refuse("PLAN_NOT_REPLAYABLE", message, { field: "rounds" }, "rounds");
  }
  return rounds.sort(
    (a, b) =>
      a.round.decisionTime!.getTime() - b.round.decisionTime!.getTime() || (a.round.id < b.round.id ? -1 : 1),
  );
}

async function roundIds(tx: Tx, caller: Caller, market: string, request: RoundsRequest): Promise<string[]> {
  const { rounds, plan: planName, roundCount } = request;
  if (rounds.length > 0) {
    return rounds.map((name, at) => {
      const ids = idsOf(patterns.round, name, `rounds[${at}]`);
      if (ids.market !== market) throw invalidField(`rounds[${at}]`, `not a round of markets/${market}`);
      return ids.round;
    });
  }
  const plan = planOf(market, planName, "plan");
  if (plan === undefined)
    throw invalidField("rounds", "name rounds, or the plan whose latest ones are meant");
  found(await readPlan(tx, market, plan), caller, "PLAN_NOT_FOUND", planName);
  const latest = await listLoggedRounds(tx, market, plan, roundCount || 1);
  if (latest.length === 0) throw notKept(planName);
  return latest;
}

/** Throws ROUND_NOT_FOUND; DECISION_NOT_KEPT when what it chose from is not there. */
export async function readReplayable(
  tx: Tx,
  caller: Caller,
  market: string,
  id: string,
): Promise<ReplayableRound> {
  const name = nameOf(market, "rounds", id);
  const round = found(await readRound(tx, market, id), caller, "ROUND_NOT_FOUND", name);
  const plan = await readPlan(tx, market, round.plan, round.planVersion);
  if (!round.decisionTime || !plan || !(await isKept(tx, market, id))) throw notKept(name);
  return { round, plan, entry: await readLogOfRound(tx, market, id) };
}

export function notKept(name: string) {
  const message = `what ${name} had to choose from is not kept`;
  return refuse("DECISION_NOT_KEPT", message, { name });
}

async function isKept(tx: Tx, market: string, round: string): Promise<boolean> {
  const rows = await tx.execute(sql`
    select 1 from round_graphs where market = ${market} and bucket = ${bucketOf(round)} and round = ${round}`);
  return rows.length > 0;
}

/** What is kept of a round, as it is stored; a thread unpacks it. Throws DECISION_NOT_KEPT. */
export async function readRecord(
  tx: Tx,
  market: string,
  { round, plan }: Pick<ReplayableRound, "round" | "plan">,
): Promise<RoundRecord> {
  const key = sql`market = ${market} and bucket = ${bucketOf(round.id)} and round = ${round.id}`;
  const [row] = await tx.execute<{ graph: Uint8Array; demands: Uint8Array; supplies: Uint8Array }>(sql`
    select g.content as graph, d.content as demands, s.content as supplies
    from (select content from round_graphs where ${key}) g,
      (select content from round_snapshots where ${key} and side = 'DEMAND') d,
      (select content from round_snapshots where ${key} and side = 'SUPPLY') s`);
  if (!row) throw notKept(nameOf(market, "rounds", round.id));
  const { id: _, version: __, createTime: ___, updateTime: ____, ...content } = plan;
  return { round: round.id, plan: content, ...row };
}
