import { Code } from "@connectrpc/connect";
import type { Principals, Who } from "./principals.ts";
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

/** How long the work for a client that has gone may go on. */
const lateMs = 5_000;

/**
 * The refused requests that changed something. Writes carry their principal and time; a slot sends one request at a time
 * under principals of its own, so each write belongs to the last one that began before it.
 */
export function attribute(
  slots: readonly Principals[],
  sent: readonly Sent[],
  writes: readonly Write[],
): Fault[] {
  const owners = new Map(
    slots.flatMap(({ names }, slot) => [...names].map(([name, who]) => [name, { slot, who }] as const)),
  );
  const inOrder = sent.toSorted((left, right) => left.outcome.startedMs - right.outcome.startedMs);
  const byOwner = Map.groupBy(inOrder, ({ slot, request }) => keyOf(slot, request.endCaller ?? request.who));
  const faults = new Map<FuzzRequest, Fault>();
  for (const write of writes) {
    const owner = owners.get(write.principal);
    const list = (owner && byOwner.get(keyOf(owner.slot, owner.who))) ?? [];
    const at = list.findLastIndex(({ outcome }) => outcome.startedMs <= write.atMs);
    const culprit = list[at];
    if (!culprit || !isRefusal(culprit)) continue;
    const before = list.slice(0, at).filter(({ outcome }) => outcome.endedMs > write.atMs - lateMs);
    if (before.some(isUnsure)) continue;
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
function isUnsure(sent: Sent): boolean {
  const { kind } = sent.outcome;
  return kind !== "ok" && kind !== "http" && !isRefusal(sent);
}

function keyOf(slot: number, who: Who): string {
  return `${slot} ${who}`;
}
