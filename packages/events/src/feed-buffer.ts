import type { Envelope } from "@marketmesh/contracts/events/v1";
import type { FeedPosition } from "./events.ts";

/** Puts facts that come a little out of order (partitions interleave) back into feed order. Pure. */
export interface FeedBuffer {
  /** What has been given out, densely. */
  readonly position: FeedPosition;
  /** True while a fact is missing before others that are held. */
  readonly gap: boolean;
  /** Takes facts; gives out those that follow densely, in feed order. Throws FeedBroken. */
  offer(envelopes: readonly Envelope[]): Envelope[];
}

/** The feed can't be followed from here: another epoch, or more facts held than the bound. */
export class FeedBroken extends Error {
  override readonly name = "FeedBroken";
}

/** @param heldMax the most facts that wait for a missing one */
export function feedBuffer(start: FeedPosition, heldMax: number): FeedBuffer {
  const held = new Map<bigint, Envelope>();
  let { feedSeq } = start;
  return {
    get position() {
      return { epoch: start.epoch, feedSeq };
    },
    get gap() {
      return held.size > 0;
    },
    offer(envelopes) {
      for (const envelope of envelopes) {
        // Facts of a life of the feed that is over are in the stream after a restore; the export contained them.
        if (envelope.feedEpoch < start.epoch) continue;
        if (envelope.feedEpoch > start.epoch) throw new FeedBroken(`epoch ${envelope.feedEpoch} began`);
        if (envelope.feedSeq > feedSeq) held.set(envelope.feedSeq, envelope);
      }
      const ready: Envelope[] = [];
      for (let next = held.get(feedSeq + 1n); next; next = held.get(feedSeq + 1n)) {
        ready.push(next);
        held.delete(next.feedSeq);
        feedSeq = next.feedSeq;
      }
      if (held.size > heldMax) throw new FeedBroken(`${held.size} facts wait for position ${feedSeq + 1n}`);
      return ready;
    },
  };
}
