import type { Tx } from "@marketmesh/postgres";
import { firstDue } from "../domain/due-round.ts";
import { readPlan } from "../storage/plan-store.ts";
import { saveSchedule, scheduledPlans } from "../storage/schedule-store.ts";

/** Counts every schedule of a market from a time: what was counted by its former clock means nothing to the one it has now. */
export async function restartSchedules(tx: Tx, market: string, time: Date): Promise<void> {
  for (const id of await scheduledPlans(tx, market)) {
    const plan = await readPlan(tx, market, id);
    if (plan?.batching) await saveSchedule(tx, market, id, firstDue(plan.batching, time));
  }
}
