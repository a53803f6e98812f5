import type { Tx } from "@marketmesh/postgres";
import type { RoundState } from "../domain/round.ts";
import { announceRound } from "../events/round-facts.ts";
import { type LockedRound, lockRound, saveApproved, saveRejection } from "../storage/approval-store.ts";
import { type Clock, holdClock } from "../storage/clock-store.ts";
import { saveRejected } from "../storage/decision-store.ts";
import { clearActiveRound } from "../storage/plan-store.ts";
import { readRound } from "../storage/round-store.ts";
import { saveHeld } from "../storage/schedule-store.ts";

/** What became of an approval or a rejection. */
export type Approval = "DONE" | "ROUND_NOT_FOUND" | "ROUND_NOT_AWAITING" | "APPROVAL_EXPIRED";

/** States that an approved round goes through: approving it again changes nothing. */
const approved: ReadonlySet<RoundState> = new Set<RoundState>(["SOLVED", "COMMITTED", "SETTLED"]);

/** Lets a round take what it solved; a worker has to be told. */
export async function approveRound(tx: Tx, market: string, id: string, approver: string): Promise<Approval> {
  const clock = await holdClock(tx, market);
  const round = await lockRound(tx, market, id);
  if (!round) return "ROUND_NOT_FOUND";
  if (round.approvalExpireTime && approved.has(round.state)) return "DONE";
  if (round.state !== "AWAITING_APPROVAL") return "ROUND_NOT_AWAITING";
  if (isOverdue(round, clock)) return "APPROVAL_EXPIRED";
  await saveApproved(tx, market, id, approver);
  return "DONE";
}

/** Ends a round that waits for its approval; it holds nothing. */
export async function rejectRound(
  tx: Tx,
  market: string,
  id: string,
  approver: string,
  reason: string,
): Promise<Approval> {
  await holdClock(tx, market);
  const round = await lockRound(tx, market, id);
  if (!round) return "ROUND_NOT_FOUND";
  if (round.state === "REJECTED") return "DONE";
  if (round.state !== "AWAITING_APPROVAL") return "ROUND_NOT_AWAITING";
  await endRejected(tx, market, round, approver, reason);
  return "DONE";
}

/** Rejects a round that nobody approved in time; false when it does not wait any more. The market's clock is held. */
export async function expireApproval(tx: Tx, market: string, id: string, clock: Clock): Promise<boolean> {
  const round = await lockRound(tx, market, id);
  if (round?.state !== "AWAITING_APPROVAL" || !isOverdue(round, clock)) return false;
  await endRejected(tx, market, round, "", "nobody approved it in time");
  return true;
}

function isOverdue({ approvalExpireTime }: LockedRound, { time }: Clock): boolean {
  return approvalExpireTime !== undefined && approvalExpireTime <= time;
}

async function endRejected(
  tx: Tx,
  market: string,
  { id, plan }: LockedRound,
  approver: string,
  reason: string,
): Promise<void> {
  await saveRejection(tx, market, id, approver, reason);
  await saveRejected(tx, market, id);
  await clearActiveRound(tx, market, plan, id);
  await saveHeld(tx, market, plan, id);
  await announceRound(tx, market, (await readRound(tx, market, id))!);
}
