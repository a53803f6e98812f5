import { type AllocationPlan, EngineError, type Graph, type Solution } from "@marketmesh/allocation-engine";
import { Thread } from "../decisions/heavy/thread.ts";
import type { LearnedState } from "../domain/expected-round.ts";
import { maySearch } from "../solver/engine-tools.ts";
import { type RoundJob, solveRoundJob } from "./round-job.ts";

/** Up to so many pairs are solved where the round is: within some ten milliseconds, sooner than a thread begins. */
const edgesAtOnceMax = 5_000;

/** What the engine made of a round's graph. */
export interface SolvedGraph {
  readonly solution: Solution;
  /** Of EXPECTED: what its plan knows then. */
  readonly learned: LearnedState | undefined;
}

/**
 * Solves a round's graph, a large or a hard one in a thread that ends with the signal: meanwhile this process answers calls and
 * keeps the round's lease. Throws EngineError for what the engine refuses.
 */
export async function solveGraph(job: Omit<RoundJob, "kind">, signal: AbortSignal): Promise<SolvedGraph> {
  const asked = { kind: "SOLVE_ROUND", ...job } as const;
  const answer = isSmall(job.graph, job.plan) ? solveRoundJob(asked, {}) : await inThread(asked, signal);
  if (answer.kind === "REFUSED") throw new EngineError(answer.cause, answer.message);
  return answer;
}

async function inThread(job: RoundJob, signal: AbortSignal) {
  using thread = new Thread(signal);
  return await thread.answer(job);
}

function isSmall({ demands, unitMode }: Graph, plan: AllocationPlan): boolean {
  if (demands.length > edgesAtOnceMax) return false;
  return !maySearch({ ...plan, unitMode, unitLimits: plan.limits?.units ?? [] });
}
