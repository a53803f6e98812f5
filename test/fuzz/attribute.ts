import { Code } from "@connectrpc/connect";
import type { Principals } from "./principals.ts";
import type { FuzzRequest, Outcome } from "./request.ts";
import type { Write } from "./writes.ts";

/** A request that a slot sent and how it ended. */
export interface Sent {
  readonly slot: number;
  readonly request: FuzzRequest;
  readonly outcome: Outcome;
}

export interface Fault {
  readonly request: FuzzRequest;
  readonly text: string;
}

/**
 * The refused requests that changed something. Writes carry their principal and time; a slot sends one request at a time
 * under principals of its own, so each write belongs to the last one that began before it.
 */
export function attribute(
  slots: readonly Principals[],
  sent: readonly Sent[],
  writes: readonly Write[],
): Fault[] {
  const slotOf = new Map(slots.flatMap(({ names }, slot) => names.map((name) => [name, slot] as const)));
  const bySlot = Map.groupBy(sent, ({ slot }) => slot);
  for (const list of bySlot.values())
    list.sort((left, right) => left.outcome.startedMs - right.outcome.startedMs);
  const faults = new Map<FuzzRequest, Fault>();
  for (const write of writes) {
    const slot = slotOf.get(write.principal);
    const list = slot === undefined ? undefined : bySlot.get(slot);
    const at = list?.findLastIndex(({ outcome }) => outcome.startedMs <= write.atMs) ?? -1;
    const culprit = list?.[at];
    if (!culprit || !isRefusal(culprit) || isUnsure(list?.[at - 1])) continue;
    const text = `refused and yet wrote ${write.service} ${write.table} (${write.operation.toLowerCase()})`;
    faults.set(culprit.request, { request: culprit.request, text });
  }
  return [...faults.values()];
}

/** Whether the server said no. Who leaves, or runs out of time, has not been told whether it happened. */
function isRefusal({ request, outcome }: Sent): boolean {
  if (outcome.kind === "http") return true;
  if (outcome.kind !== "refused" || outcome.code === Code.DeadlineExceeded || outcome.code === Code.Canceled)
    return false;
  // Each message of an upload is a transaction of its own; the first stays when the second is refused.
  return request.messages.length === 1;
}

// The server may still be at work for a client that has gone.
function isUnsure(previous: Sent | undefined): boolean {
  if (!previous) return false;
  const { outcome } = previous;
  return outcome.kind !== "ok" && outcome.kind !== "http" && !isRefusal(previous);
}
