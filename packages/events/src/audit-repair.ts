import type { StampedEvent } from "@marketmesh/contracts/events/v1";
import type { Audit } from "./audit.ts";
import { closeGaps, dueGaps, giveUp, postpone, unrecorded } from "./audit-store.ts";
import { isOldEnough, listStamped, missingOf } from "./audit-walk.ts";

const gapsMax = 1_000;
const looksMax = 20;
const callTimeoutMs = 10_000;

/** Closes the gaps that are recorded by now and asks for those that are due, each ever later; at most 20 looks a turn. */
export async function repair(audit: Audit, epoch: bigint, signal: AbortSignal): Promise<void> {
  const { database, key } = audit;
  const repaired = await database.background((tx) => closeGaps(tx, key));
  if (repaired > 0) tell(audit, "info", "feed gaps repaired", repaired);
  for (let looks = 0; looks < looksMax && !signal.aborted; looks++) {
    const due = await database.background((tx) => dueGaps(tx, key, gapsMax), { readOnly: true });
    const [first] = due;
    if (first === undefined) return;
    if (!(await askFor(audit, epoch, due, signal))) return;
  }
}

/** Asks for those of a page of gaps that are gaps still. False when the feed began anew meanwhile. */
async function askFor(
  audit: Audit,
  epoch: bigint,
  due: readonly bigint[],
  signal: AbortSignal,
): Promise<boolean> {
  const { database, key, producer, afterMs } = audit;
  const first = due[0] as bigint;
  const page = await listStamped(audit, first, signal);
  if (page.feedEpoch !== epoch) return false;
  const stamped = new Map(page.events.map((event) => [event.feedSeq, event]));
  const inPage = due.filter((seq) => seq < first + 1_000n);
  const known = inPage
    .map((seq) => stamped.get(seq))
    .filter((event): event is StampedEvent => event !== undefined);
  const missing = await missingOf(
    audit,
    known.filter((event) => isOldEnough(event, afterMs)),
  );
  const open = await database.background((tx) => unrecorded(tx, key, epoch, first, inPage.at(-1) as bigint));
  // Only those in the page were suspects.
  const ask = open.filter((seq) => missing.has(seq));
  const asked = new Set(ask);
  const forgotten = inPage.filter((seq) => !stamped.has(seq));
  if (ask.length > 0)
    await producer.republish({ feed: key.feed, feedSeqs: ask }, { signal, timeoutMs: callTimeoutMs });
  await database.background(async (tx) => {
    await postpone(tx, key, ask, { asked: true, afterMs });
    const waiting = inPage.filter((seq) => !asked.has(seq) && stamped.has(seq));
    await postpone(tx, key, waiting, { asked: false, afterMs });
    await giveUp(tx, key, forgotten);
  });
  if (ask.length > 0) tell(audit, "info", "feed gaps asked for", ask.length);
  if (forgotten.length > 0) tell(audit, "error", "feed positions lost", forgotten.length);
  return true;
}

function tell({ key, onNotice }: Audit, level: "info" | "error", message: string, events: number): void {
  onNotice({ level, message, attributes: { subscription: key.subscription, feed: key.feed, events } });
}
