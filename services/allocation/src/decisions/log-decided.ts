import type { Tx } from "@marketmesh/postgres";
import type { SQL } from "drizzle-orm";
import type { DemandChoices, Pick } from "../domain/pick-supplies.ts";
import type { Plan } from "../domain/plan.ts";
import type { Versions } from "../domain/round.ts";
import type { Solution } from "../domain/round-graph.ts";
import { proofSummary } from "../domain/round-record.ts";
import type { LeasedRound } from "../storage/round-store.ts";
import { packConsidered } from "./considered.ts";
import { resultHash } from "./log-entry.ts";
import { appending, appendToLog } from "./log-store.ts";

/** What was decided together, as far as rounds and allocate-now say it alike. */
export interface Decided {
  /** A UUIDv7: the id of the entry, which its decisions name. */
  readonly log: string;
  readonly plan: Plan;
  readonly versions: Versions;
  readonly release: string;
}

/** Appends a solved round to the decision log. Its graph is in `round_graphs`, its pairs in `round_pairs`. */
export async function logRound(
  tx: Tx,
  { market, round }: LeasedRound,
  { log, plan, versions, release }: Decided,
  solution: Solution,
  demandCount: number,
): Promise<void> {
  await appendToLog(tx, market, {
    ...versions,
    id: log,
    round: round.id,
    plan: plan.id,
    planVersion: plan.version,
    decisionTime: round.decisionTime!,
    strategy: plan.strategy,
    release,
    demandCount,
    pairCount: solution.pairs.length,
    resultHash: resultHash(solution.pairs),
    proof: proofSummary(solution),
    content: undefined,
  });
}

/** The statement that appends a batch of allocate-now, with what it considered; goes along with that of its decisions. */
export async function loggingOfBatch(
  market: string,
  { log, plan, versions, release }: Decided,
  decisionTime: Date,
  choices: readonly DemandChoices[],
  openUnits: ReadonlyMap<string, number>,
  picks: readonly Pick[],
): Promise<{ readonly logging: SQL }> {
  const logging = appending(market, {
    ...versions,
    id: log,
    round: "",
    plan: plan.id,
    planVersion: plan.version,
    decisionTime,
    strategy: "NOW",
    release,
    demandCount: choices.length,
    pairCount: picks.length,
    resultHash: resultHash(picks),
    proof: undefined,
    content: await packConsidered(choices, openUnits, picks),
  });
  return { logging };
}
