import { createHash } from "node:crypto";
import type { Batching } from "./plan-policy.ts";

/** What a look at a plan's schedule leads to. */
export type Look =
  | { readonly begin: true; readonly dueTime: Date; readonly nextTime: Date }
  /** `waitingSince` undefined: there is no news. */
  | { readonly begin: false; readonly waitingSince: Date | undefined };

/** When a plan's first round may begin after its batching was set. */
export function firstDue(batching: Batching, now: Date): Date {
  return batching.mode === "SCHEDULED" ? new Date(now.getTime() + batching.intervalMs) : now;
}

/**
 * Whether a round begins now that its time has come. Ticks of a schedule that passed unused are one round, the latest;
 * news that is not enough waits for more, at most `maximumWaitMs`.
 */
export function lookAt(
  batching: Batching,
  { nextTime, waitingSince }: { readonly nextTime: Date; readonly waitingSince: Date | undefined },
  news: number,
  now: Date,
): Look {
  const { intervalMs } = batching;
  if (batching.mode === "SCHEDULED") {
    const ticks = Math.floor((now.getTime() - nextTime.getTime()) / intervalMs);
    const dueMs = nextTime.getTime() + ticks * intervalMs;
    return { begin: true, dueTime: new Date(dueMs), nextTime: new Date(dueMs + intervalMs) };
  }
  if (news === 0) return { begin: false, waitingSince: undefined };
  const since = waitingSince ?? now;
  const waited = now.getTime() - since.getTime() >= (batching.maximumWaitMs ?? 0);
  if (news < batching.minimumDemands && !waited) return { begin: false, waitingSince: since };
  return { begin: true, dueTime: now, nextTime: new Date(now.getTime() + intervalMs) };
}

/** The id of the round of a plan that is due then: whoever begins it begins the same one. */
export function dueRoundId(plan: string, dueTime: Date): string {
  const time = dueTime.toISOString().replaceAll(/[-:.]/g, "").toLowerCase();
  const hash = createHash("sha1").update(`${plan}\n${dueTime.getTime()}`).digest("hex");
  return `${time}-${hash.slice(0, 12)}`;
}
