import type { Tx } from "@marketmesh/postgres";
import type { Plan } from "../domain/plan.ts";
import { readPlan } from "../storage/plan-store.ts";
import type { LeasedRound } from "../storage/round-store.ts";

/** The version of the plan that the round decides by. Versions are never deleted. */
export async function planOfRound(tx: Tx, { market, round }: LeasedRound): Promise<Plan> {
  const plan = await readPlan(tx, market, round.plan, round.planVersion);
  if (!plan) throw new Error(`plan ${round.plan} has no version ${round.planVersion}`);
  return plan;
}
