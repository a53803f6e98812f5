import { fromBinary } from "@bufbuild/protobuf";
import type { Listing as ListingMessage } from "@marketmesh/contracts/catalog/v1";
import type { Envelope } from "@marketmesh/contracts/events/v1";
import type { Problem } from "../domain/problem.ts";
import { listingFactSchemas } from "./listing-facts.ts";

/** One change, as the feed told it. */
export interface ListingChange {
  readonly market: string;
  /** For example `ListingPublished`. */
  readonly fact: string;
  readonly listing: ListingMessage;
  readonly feedEpoch: bigint;
}

/** Whoever watches: yields changes in feed order until the signal aborts; throws a WatchEnded when it is cut off. */
export interface Watchers {
  watch(wants: (change: ListingChange) => boolean, signal: AbortSignal): AsyncGenerator<ListingChange>;
  /** Hands facts to all watchers. */
  tell(envelopes: readonly Envelope[]): void;
  /** Ends every watch: facts may have been lost, or will be. */
  interrupt(message: string): void;
}

/** A watch that the service ended. */
export class WatchEnded extends Error {
  readonly problem: Problem<"WATCH_TOO_SLOW" | "WATCHERS_TOO_MANY" | "WATCH_INTERRUPTED">;

  constructor(problem: WatchEnded["problem"]) {
    super(problem.message);
    this.problem = problem;
  }
}

interface Watcher {
  readonly wants: (change: ListingChange) => boolean;
  readonly buffered: ListingChange[];
  ended: WatchEnded | undefined;
  wake: () => void;
}

export interface WatchBounds {
  /** Watchers at once. */
  readonly watchersMax: number;
  /** Changes that are kept for one that reads slowly. */
  readonly bufferedMax: number;
}

export function watchers({ watchersMax, bufferedMax }: WatchBounds): Watchers {
  const all = new Set<Watcher>();

  function offer(watcher: Watcher, change: ListingChange): void {
    if (watcher.ended || !watcher.wants(change)) return;
    if (watcher.buffered.length >= bufferedMax) {
      end(watcher, {
        reason: "WATCH_TOO_SLOW",
        message: `The reader fell behind by ${bufferedMax} changes: list again.`,
        metadata: { bufferedMax: String(bufferedMax) },
      });
      return;
    }
    watcher.buffered.push(change);
    watcher.wake();
  }

  return {
    async *watch(wants, signal) {
      if (all.size >= watchersMax) {
        const message = "As many callers as this service bears are watching.";
        throw new WatchEnded({
          reason: "WATCHERS_TOO_MANY",
          message,
          metadata: { watchersMax: String(watchersMax) },
        });
      }
      const watcher: Watcher = { wants, buffered: [], ended: undefined, wake: () => {} };
      all.add(watcher);
      const leave = () => watcher.wake();
      signal.addEventListener("abort", leave);
      try {
        while (!signal.aborted) {
          const next = watcher.buffered.shift();
          if (next) yield next;
          else if (watcher.ended) throw watcher.ended;
          else await new Promise<void>((resolve) => (watcher.wake = resolve));
        }
      } finally {
        signal.removeEventListener("abort", leave);
        all.delete(watcher);
      }
    },
    tell(envelopes) {
      if (all.size === 0) return;
      for (const envelope of envelopes) {
        const change = changeOf(envelope);
        if (change) for (const watcher of all) offer(watcher, change);
      }
    },
    interrupt(message) {
      for (const watcher of all) end(watcher, { reason: "WATCH_INTERRUPTED", message });
    },
  };
}

function end(watcher: Watcher, problem: WatchEnded["problem"]): void {
  watcher.ended = new WatchEnded(problem);
  watcher.wake();
}

function changeOf({ fact, market, feedEpoch }: Envelope): ListingChange | undefined {
  const type = fact?.typeUrl.slice(fact.typeUrl.lastIndexOf("/") + 1);
  const schema = type === undefined ? undefined : listingFactSchemas.get(type);
  const listing = schema && fact && fromBinary(schema, fact.value).listing;
  return listing && { market, fact: schema.name, listing, feedEpoch };
}
