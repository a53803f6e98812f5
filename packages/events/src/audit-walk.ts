import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { ListStampedResponse, StampedEvent } from "@marketmesh/contracts/events/v1";
import type { Audit } from "./audit.ts";
import { gatherEvidence, neverComing } from "./audit-evidence.ts";
import {
  type AuditState,
  beginAt,
  countGaps,
  countUnrecorded,
  type Findings,
  saveFindings,
  unrecorded,
} from "./audit-store.ts";

const pageSize = 1_000n;
const gapsMax = 10_000;
const callTimeoutMs = 10_000;

/**
 * Goes on from where the last walk ended until it meets something that may still come by itself. What is recorded is
 * passed without asking anybody. Returns the epoch it walked in, and how many gaps there are now.
 */
export async function walk(audit: Audit, from: AuditState, signal: AbortSignal): Promise<Walked> {
  let at = from;
  let gaps = await audit.database.background((tx) => countGaps(tx, audit.key), { readOnly: true });
  while (!signal.aborted && gaps < gapsMax) {
    const first = await firstUnrecorded(audit, at, signal);
    const page = await listStamped(audit, first, signal);
    if (page.feedEpoch !== at.epoch) {
      at = await begin(audit, at, page);
      continue;
    }
    const found = await look(audit, at.epoch, first, page);
    const fresh = await audit.database.background((tx) => saveFindings(tx, audit.key, found));
    tellOf(audit, first, found, fresh);
    gaps += fresh;
    at = { epoch: at.epoch, auditedTo: found.auditedTo };
    if (found.waits || found.auditedTo >= page.lastSeq) break;
  }
  return { epoch: at.epoch, gaps };
}

/** Where a walk ended. */
export interface Walked {
  readonly epoch: bigint;
  readonly gaps: number;
}

/** What the producer says of a page of positions. */
export function listStamped(
  { producer, key }: Audit,
  fromSeq: bigint,
  signal: AbortSignal,
): Promise<ListStampedResponse> {
  const toSeq = fromSeq + pageSize - 1n;
  return producer.listStamped({ feed: key.feed, fromSeq, toSeq }, { signal, timeoutMs: callTimeoutMs });
}

/**
 * Of events that are not recorded, those that will never come by themselves. Empty while the broker can't tell. Whoever
 * asks reads the inbox once more afterwards: an event may have been recorded just before it was acknowledged.
 */
export async function missingOf(
  audit: Audit,
  suspects: readonly StampedEvent[],
): Promise<ReadonlySet<bigint>> {
  if (suspects.length === 0) return new Set();
  const evidence = await gatherEvidence(audit.manager, audit.stream, audit.durable);
  return evidence ? neverComing(audit.manager, audit.stream, evidence, suspects) : new Set();
}

/** Whether the broker has had an event long enough for it to be suspected. */
export function isOldEnough({ publishTime }: StampedEvent, afterMs: number): boolean {
  return publishTime !== undefined && timestampMs(publishTime) <= Date.now() - afterMs;
}

async function firstUnrecorded(audit: Audit, at: AuditState, signal: AbortSignal): Promise<bigint> {
  let first = at.auditedTo + 1n;
  while (!signal.aborted && at.epoch > 0n) {
    const [missing] = await readUnrecorded(audit, at.epoch, first, first + pageSize - 1n);
    if (missing !== undefined) return missing;
    first += pageSize;
  }
  return first;
}

function readUnrecorded({ database, key }: Audit, epoch: bigint, from: bigint, to: bigint) {
  return database.background((tx) => unrecorded(tx, key, epoch, from, to), { readOnly: true });
}

/** What a look found, and whether it met something that may still come by itself. */
interface Look extends Findings {
  readonly waits: boolean;
}

/** Classifies what is not recorded of a page that begins with a position that was not. */
async function look(audit: Audit, epoch: bigint, first: bigint, page: ListStampedResponse): Promise<Look> {
  const { lastSeq } = page;
  if (first > lastSeq) return { epoch, auditedTo: lastSeq, lastSeq, gaps: [], lost: 0n, waits: false };
  // Nothing of the page is left in the outbox: what is not recorded can't be brought back.
  if (page.firstSeq === 0n || first < page.firstSeq) {
    const end = page.firstSeq === 0n ? lastSeq : page.firstSeq - 1n;
    const lost = await audit.database.background((tx) => countUnrecorded(tx, audit.key, epoch, first, end));
    return { epoch, auditedTo: end, lastSeq, gaps: [], lost, waits: false };
  }
  const end = lastSeq < first + pageSize - 1n ? lastSeq : first + pageSize - 1n;
  const stamped = new Map(page.events.map((event) => [event.feedSeq, event]));
  const suspects = (await readUnrecorded(audit, epoch, first, end)).flatMap((seq) => {
    const event = stamped.get(seq);
    return event && isOldEnough(event, audit.afterMs) ? [event] : [];
  });
  const missing = await missingOf(audit, suspects);
  return sort(await readUnrecorded(audit, epoch, first, end), { epoch, end, lastSeq, stamped, missing });
}

/** Gaps, losses, and how far the audit comes: up to the first position that may still come by itself. */
function sort(
  seqs: readonly bigint[],
  page: {
    readonly epoch: bigint;
    readonly end: bigint;
    readonly lastSeq: bigint;
    readonly stamped: ReadonlyMap<bigint, StampedEvent>;
    readonly missing: ReadonlySet<bigint>;
  },
): Look {
  const { epoch, lastSeq } = page;
  const waiting = seqs.find((seq) => page.stamped.has(seq) && !page.missing.has(seq));
  const auditedTo = waiting === undefined ? page.end : waiting - 1n;
  const gaps = seqs.flatMap((feedSeq) => {
    const publishTime = page.stamped.get(feedSeq)?.publishTime;
    return page.missing.has(feedSeq) && publishTime ? [{ feedSeq, publishMs: timestampMs(publishTime) }] : [];
  });
  // What comes after the waiting one is looked at again, so it is not counted yet.
  const lost = seqs.filter((seq) => seq <= auditedTo && !page.stamped.has(seq)).length;
  return { epoch, auditedTo, lastSeq, gaps, lost: BigInt(lost), waits: waiting !== undefined };
}

// The first audit of a subscription, or a feed that began anew because its producer was restored: what the outbox still
// has is the beginning.
async function begin(audit: Audit, at: AuditState, page: ListStampedResponse): Promise<AuditState> {
  const auditedTo = page.firstSeq > 0n ? page.firstSeq - 1n : page.lastSeq;
  const state = { epoch: page.feedEpoch, auditedTo };
  await audit.database.background((tx) => beginAt(tx, audit.key, state));
  const { subscription, feed } = audit.key;
  const attributes = { subscription, feed, epoch: String(page.feedEpoch), after: String(auditedTo) };
  const message = at.epoch === 0n ? "audit begins" : "audit begins anew: the feed has another epoch";
  audit.onNotice({ level: at.epoch === 0n ? "info" : "warn", message, attributes });
  return state;
}

function tellOf({ key, onNotice }: Audit, from: bigint, { lost, lastSeq }: Findings, gaps: number): void {
  const { subscription, feed } = key;
  const attributes = { subscription, feed, from: String(from), last: String(lastSeq) };
  if (gaps > 0) onNotice({ level: "warn", message: "feed gaps", attributes: { ...attributes, gaps } });
  if (lost > 0n)
    onNotice({
      level: "error",
      message: "feed positions lost",
      attributes: { ...attributes, lost: Number(lost) },
    });
  if (from > lastSeq + 1n)
    onNotice({ level: "error", message: "feed is behind what is recorded", attributes });
}
