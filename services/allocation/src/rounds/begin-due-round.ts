import type { Tx } from "@marketmesh/postgres";
import { dueRoundId, lookAt } from "../domain/due-round.ts";
import type { Plan } from "../domain/plan.ts";
import { needsNewRelease } from "../domain/plan.ts";
import type { Clock } from "../storage/clock-store.ts";
import { lockPlan, setActiveRound } from "../storage/plan-store.ts";
import { insertRound } from "../storage/round-store.ts";
import { countNews, lockSchedule, saveBegun, saveSkipped, saveWaiting } from "../storage/schedule-store.ts";

/**
 * Begins the round of a plan that is due; undefined when none is, or another was faster. The market's clock is held; the
 * plan's row is locked first, as CreateRound does, then its schedule.
 */
export async function beginDueRound(
  tx: Tx,
  market: string,
  planId: string,
  clock: Clock,
): Promise<string | undefined> {
  const locked = await lockPlan(tx, market, planId);
  const batching = locked?.plan.batching;
  if (!locked || !batching || locked.activeRound !== "") return undefined;
  const schedule = await lockSchedule(tx, market, planId);
  if (!schedule || schedule.nextTime > clock.time) return undefined;
  const { plan } = locked;
  const news =
    batching.mode === "SCHEDULED" ? 0 : await countNews(tx, market, planId, plan.demandKind, plan.supplyKind);
  const look = lookAt(batching, schedule, news, clock.time);
  if (!look.begin) {
    if (look.waitingSince?.getTime() !== schedule.waitingSince?.getTime())
      await saveWaiting(tx, market, planId, look.waitingSince);
    return undefined;
  }
  const id = dueRoundId(planId, look.dueTime);
  if (!(await insertRound(tx, market, dueRound(id, plan, look.dueTime)))) {
    await saveSkipped(tx, market, planId, look.nextTime);
    return undefined;
  }
  await saveBegun(tx, market, planId, id, look.nextTime);
  await setActiveRound(tx, market, planId, id);
  return id;
}

function dueRound(id: string, plan: Plan, dueTime: Date) {
  return {
    id,
    plan: plan.id,
    planVersion: plan.version,
    revisions: [],
    traceparent: "",
    trigger: plan.batching?.mode === "SCHEDULED" ? ("SCHEDULE" as const) : ("CONTINUOUS" as const),
    dueTime,
    kinds: plan,
    needsNewRelease: needsNewRelease(plan),
  };
}
