import type { Envelope } from "@marketmesh/contracts/events/v1";
import type { Tx } from "@marketmesh/postgres";
import type { KeptStream } from "./kept-stream.ts";

/** A place in a feed. */
export interface FeedPosition {
  /** The life of the feed's counter. */
  readonly epoch: bigint;
  /** The last position that is contained; 0 for none. */
  readonly feedSeq: bigint;
}

/** A durable subscription, shared by the replicas of a service: each event is handled once over all of them. */
export interface WorkOptions {
  /** Names the durable consumer and its inbox rows; must never change: `capacity-of-listings`. */
  readonly subscription: string;
  /** The service that announces. */
  readonly service: string;
  /** Its feeds, at least one. */
  readonly feeds: readonly string[];
  /** At most this many events in one transaction, 1 to 1,000. */
  readonly batchMax: number;
  /**
   * While events trickle, so long is waited for more before a transaction, in milliseconds; default 0. Worth it where a transaction's
   * own statements cost more than its events.
   */
  readonly gatherMs?: number;
  /** An event waits until its predecessor (version - 1 of the same aggregate) is recorded. Default false. */
  readonly ordered?: boolean;
  /** After this many failed attempts of one event it becomes a dead letter; default 5. */
  readonly attemptsMax?: number;
}

/** Handles events that this subscription has not recorded yet; its writes commit with their inbox rows or not at all. */
export type Handle = (tx: Tx, envelopes: readonly Envelope[]) => Promise<void>;

/** An in-memory projection of one feed: every process sees everything. */
export interface FollowOptions {
  readonly service: string;
  readonly feed: string;
  /**
   * Loads an export and tells up to which position it contains the feed. Runs at the start, and again after a gap, a
   * purged range, a new epoch or a recreated stream; what was projected before is to be replaced.
   */
  bootstrap(signal: AbortSignal): Promise<FeedPosition>;
  /** Applies facts in feed order. Must be idempotent by aggregate version. Throwing starts over with a bootstrap. */
  apply(envelopes: readonly Envelope[]): void;
}

/** How far a projection is. */
export interface Follower {
  /** What is applied; undefined before the first bootstrap. */
  readonly position: FeedPosition | undefined;
  /** True once everything that the feed held when the first bootstrap ended is applied; stays true. */
  readonly caughtUp: boolean;
  /** Milliseconds since it last knew that it had the whole feed; an idle one asks about every 6 s. */
  readonly staleMs: number;
  /** How often it has bootstrapped. */
  readonly bootstrapsCount: number;
  /** Resolves when the position is reached; throws ConnectError UNAVAILABLE when the signal aborts before. */
  waitFor(feedSeq: bigint, signal: AbortSignal): Promise<void>;
}

/** The events of one service process. */
export interface Events {
  work(options: WorkOptions, handle: Handle): void;
  follow(options: FollowOptions): Follower;
  /** Opens a stream that is kept for ever, by a name of its own. Throws UNAVAILABLE when the broker is not there within 5 s. */
  kept(name: string): Promise<KeptStream>;
  /** Stops subscriptions and relay; events in hand are finished or given back. At most 5 s. */
  close(): Promise<void>;
}
