import { fromBinary } from "@bufbuild/protobuf";
import { EnvelopeBatchSchema, type StampedEvent } from "@marketmesh/contracts/events/v1";
import type { JetStreamManager } from "nats";
import { isStreamMissing, streamState } from "./stream.ts";

const probesMax = 64;

/** What the broker says about a subscription at this moment. */
export interface Evidence {
  readonly identity: string;
  readonly firstSeq: bigint;
  readonly lastSeq: bigint;
  /** Every message of the stream up to here was delivered to the subscription and acknowledged by it. */
  readonly ackFloor: bigint;
}

/**
 * Undefined while the stream or the consumer is not there: the relay and the subscription make them anew, and then there
 * is something to compare with.
 */
export async function gatherEvidence(
  manager: JetStreamManager,
  stream: string,
  durable: string,
): Promise<Evidence | undefined> {
  const state = await streamState(manager, stream);
  if (!state) return undefined;
  try {
    const consumer = await manager.consumers.info(stream, durable);
    return { ...state, ackFloor: BigInt(consumer.ack_floor.stream_seq) };
  } catch (error) {
    if (isStreamMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Whether a published event that is not recorded will never come by itself: its message belongs to an earlier life of the
 * stream, was purged or never restored, or the subscription has acknowledged everything up to it. `unknown`: only the
 * message itself can tell.
 */
export function judge(event: Pick<StampedEvent, "streamSeq" | "streamIdentity">, evidence: Evidence) {
  const { streamSeq, streamIdentity } = event;
  if (streamIdentity !== evidence.identity) return "gone";
  if (streamSeq < evidence.firstSeq || streamSeq > evidence.lastSeq) return "gone";
  return streamSeq <= evidence.ackFloor ? "gone" : "unknown";
}

/**
 * Of published events that are not recorded, those that will never come by themselves; the others wait in the stream for
 * a subscription that is behind. Looks into the stream message by message until one is there: a subscription that is
 * behind costs one look, and what is missing behind that message shows once it is acknowledged.
 */
export async function neverComing(
  manager: JetStreamManager,
  stream: string,
  evidence: Evidence,
  events: readonly StampedEvent[],
): Promise<Set<bigint>> {
  const gone = new Set<bigint>();
  const unknown = new Map<bigint, StampedEvent[]>();
  for (const event of events) {
    if (judge(event, evidence) === "gone") gone.add(event.feedSeq);
    else unknown.set(event.streamSeq, [...(unknown.get(event.streamSeq) ?? []), event]);
  }
  const inOrder = [...unknown].sort(([a], [b]) => Number(a - b)).slice(0, probesMax);
  for (const [streamSeq, mates] of inOrder) {
    const held = await eventsAt(manager, stream, streamSeq);
    for (const event of mates) if (!held.has(keyOf(event))) gone.add(event.feedSeq);
    if (mates.some((event) => held.has(keyOf(event)))) break;
  }
  return gone;
}

// A restored stream counts on from where it stood, so another message may be where ours was: its contents tell.
async function eventsAt(manager: JetStreamManager, stream: string, streamSeq: bigint): Promise<Set<string>> {
  try {
    const { data } = await manager.streams.getMessage(stream, { seq: Number(streamSeq) });
    return new Set(fromBinary(EnvelopeBatchSchema, data).envelopes.map(keyOf));
  } catch (error) {
    if (isStreamMissing(error)) return new Set();
    throw error;
  }
}

function keyOf({ feedEpoch, eventId }: { readonly feedEpoch: bigint; readonly eventId: bigint }): string {
  return `${feedEpoch}/${eventId}`;
}
