import { currentCall } from "@marketmesh/rpc";

/** Nobody waits longer, whatever the deadline. */
const patienceMs = 30_000;
/** What is kept of the time left to carry the answer, so that it arrives before the caller gives up. */
const keptShare = 0.2;
const keptMaxMs = 1_000;

/** Aborted a little before the deadline of the call that is being served. */
export function beforeDeadline(signal: AbortSignal, nowMs: number): AbortSignal {
  const leftMs = Math.max(0, (currentCall()?.deadlineMs ?? nowMs + patienceMs) - nowMs);
  const waitMs = Math.min(patienceMs, leftMs - Math.min(keptMaxMs, leftMs * keptShare));
  return AbortSignal.any([signal, AbortSignal.timeout(Math.floor(waitMs))]);
}
