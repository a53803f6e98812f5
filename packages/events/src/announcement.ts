import type { Message } from "@bufbuild/protobuf";

/** A fact to announce: the full state of one aggregate after a change. */
export interface Announcement {
  /** The market's id, without `markets/`; empty for facts of the platform. */
  readonly market: string;
  /** One feed per aggregate type: `listing`, `capacity`, `offer`. */
  readonly feed: string;
  /** The aggregate's id within the market. */
  readonly aggregateId: string;
  /** The aggregate's version after the change, from 1. */
  readonly version: bigint;
  /** The event message, for example `create(ListingPublishedSchema, …)`. */
  readonly fact: Message;
}
