import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { type Any, anyPack } from "@bufbuild/protobuf/wkt";

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
  /** The packed event message; `fact(ListingPublishedSchema, { listing })`. */
  readonly fact: Any;
  /** The trace it belongs to, as W3C traceparent. Absent: the one that is active; one of a batch may have its own. */
  readonly traceparent?: string;
}

/** Packs an event message. A message alone does not know its schema, so it is packed where the schema is at hand. */
export function fact<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): Any {
  return anyPack(schema, create(schema, init));
}
