import { bucketOf, type Tx } from "@marketmesh/postgres";
import { type Caller, idsOf, invalidField } from "@marketmesh/rpc";
import { sql } from "drizzle-orm";
import type { Decision } from "../../domain/decision.ts";
import type { RecordedGraph } from "../../domain/packed-graph.ts";
import { listingOf, nameOf, patterns } from "../../rpc/names.ts";
import { found } from "../../rpc/problem.ts";
import { listDecisions } from "../../storage/decision-store.ts";
import { unpackConsidered } from "../considered.ts";
import type { RoundRecord } from "../heavy/recorded-round.ts";
import { readLog } from "../log-store.ts";
import { notKept, readRecord, readReplayable } from "../replay/load-rounds.ts";

/** The pair that is asked about; ids of listings. `demand` is undefined where the decision says it. */
export interface AskedPair {
  readonly market: string;
  readonly round: string | undefined;
  readonly decision: string | undefined;
  readonly demand: string | undefined;
  readonly supply: string;
}

/** INVALID_ARGUMENT for names of other markets, and for a round without a demand. */
export function askedPair(request: {
  readonly name: string;
  readonly demand: string;
  readonly supply: string;
}): AskedPair {
  const ofRound = /^markets\/[^/]+\/rounds\//.test(request.name);
  const { market, ...ids } = ofRound
    ? idsOf(patterns.round, request.name)
    : idsOf(patterns.decision, request.name);
  const { round, decision } = ids as { readonly round?: string; readonly decision?: string };
  const demand = listingOf(market, request.demand, "demand");
  if (round !== undefined && demand === undefined)
    throw invalidField("demand", "a round decides many demands: name one");
  const supply = listingOf(market, request.supply, "supply");
  if (supply === undefined) throw invalidField("supply", "name the supply");
  return { market, round, decision, demand, supply };
}

/** Where the pair was decided, and by what. */
export interface FoundPair {
  readonly demand: string;
  readonly supply: string;
  readonly policy: string;
  readonly policyVersion: number;
  readonly decisionTime: Date;
  /** Why the chosen pair was not held; empty: it was, or was not chosen. */
  readonly lostBecause: string;
  readonly by:
    | { readonly kind: "ROUND"; readonly record: RoundRecord; readonly edgeCount: number }
    | { readonly kind: "NOW"; readonly considered: RecordedGraph; readonly decision: Decision };
}

/** Throws ROUND_NOT_FOUND, DECISION_NOT_FOUND, DECISION_NOT_KEPT. */
export async function findPair(tx: Tx, caller: Caller, asked: AskedPair): Promise<FoundPair> {
  const { market, supply } = asked;
  const decision =
    asked.decision === undefined ? undefined : await readDecision(tx, caller, market, asked.decision);
  const demand = asked.demand ?? decision!.demand;
  const round = asked.round ?? decision?.round ?? "";
  if (round !== "") return inRound(tx, caller, market, round, demand, supply);
  const name = nameOf(market, "decisions", decision!.id);
  const [entry] = await readLog(tx, market, [decision!.log]);
  if (!entry?.content || demand !== decision!.demand) throw notKept(name);
  const considered = await unpackConsidered(entry.content);
  const { plan, policyVersion, decisionTime } = decision!;
  const policy = await policyOf(tx, market, plan, decision!.planVersion);
  const by = { kind: "NOW", considered, decision: decision! } as const;
  return { demand, supply, policy, policyVersion, decisionTime, lostBecause: "", by };
}

async function inRound(
  tx: Tx,
  caller: Caller,
  market: string,
  id: string,
  demand: string,
  supply: string,
): Promise<FoundPair> {
  const replayable = await readReplayable(tx, caller, market, id);
  const { round, plan } = replayable;
  const [lost] = await tx.execute<{ lost_because: string | null }>(sql`
    select lost_because from round_pairs where market = ${market} and bucket = ${bucketOf(id)} and round = ${id}
      and demand = ${demand} and supply = ${supply} limit 1`);
  return {
    ...{ demand, supply, policy: plan.policy, policyVersion: round.policyVersion },
    decisionTime: round.decisionTime!,
    lostBecause: lost?.lost_because ?? "",
    by: {
      kind: "ROUND",
      record: await readRecord(tx, market, replayable),
      edgeCount: round.edgeCount,
    },
  };
}

async function readDecision(tx: Tx, caller: Caller, market: string, id: string): Promise<Decision> {
  const [decision] = await listDecisions(tx, market, { id }, "", 1);
  return found(decision, caller, "DECISION_NOT_FOUND", nameOf(market, "decisions", id));
}

async function policyOf(tx: Tx, market: string, plan: string, version: number): Promise<string> {
  const [row] = await tx.execute<{ policy: string }>(sql`
    select content->>'policy' as policy from plan_versions
    where market = ${market} and bucket = ${bucketOf(plan)} and id = ${plan} and version = ${version}`);
  return row?.policy ?? "";
}
