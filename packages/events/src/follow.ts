import { fromBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Envelope, EnvelopeBatchSchema, type LocateFeedResponse } from "@marketmesh/contracts/events/v1";
import { AckPolicy, type Consumer, DeliverPolicy, nanos } from "nats";
import type { Broker } from "./broker.ts";
import type { Follower, FollowOptions } from "./events.ts";
import { FeedBroken, type FeedBuffer, feedBuffer } from "./feed-buffer.ts";
import type { OnNotice } from "./notice.ts";
import { applySpan } from "./spans.ts";
import { backoffMs, wakeUp } from "./wake-up.ts";

const heldMax = 100_000;
const waitersMax = 10_000;
const messagesMax = 128;
const fetchMs = 1_000;
const gapMs = 2_000;

/** Where a follower's facts come from. */
export interface FollowSource {
  /** Resolves when the broker is there. */
  readonly connected: Promise<Pick<Broker, "client" | "manager">>;
  readonly filter: string;
  locate(feedSeq: bigint, signal: AbortSignal): Promise<LocateFeedResponse>;
  readonly onNotice: OnNotice;
  /** Heard nothing for so long: the place is asked for again. */
  readonly quietMs: number;
}

/** A follower and the loop that feeds it. */
export interface RunningFollower {
  readonly follower: Follower;
  run(signal: AbortSignal): Promise<void>;
  /** Where it reads at the broker; undefined while it does not. */
  consumer(): { readonly stream: string; readonly name: string } | undefined;
}

export function follow(source: FollowSource, options: FollowOptions): RunningFollower {
  const waiters = new Set<{ feedSeq: bigint; resolve: () => void }>();
  const state = {
    buffer: undefined as FeedBuffer | undefined,
    target: undefined as bigint | undefined,
    caughtUp: false,
    bootstraps: 0,
    currentMs: performance.now(),
    consumer: undefined as { readonly stream: string; readonly name: string } | undefined,
  };
  const advance = () => {
    const position = state.buffer?.position.feedSeq ?? -1n;
    if (state.target !== undefined && position >= state.target) state.caughtUp = true;
    for (const waiter of waiters) {
      if (position < waiter.feedSeq) continue;
      waiters.delete(waiter);
      waiter.resolve();
    }
  };
  const follower: Follower = {
    get position() {
      return state.buffer?.position;
    },
    get caughtUp() {
      return state.caughtUp;
    },
    get staleMs() {
      return performance.now() - state.currentMs;
    },
    get bootstrapsCount() {
      return state.bootstraps;
    },
    async waitFor(feedSeq, signal) {
      if ((state.buffer?.position.feedSeq ?? -1n) >= feedSeq) return;
      if (waiters.size >= waitersMax)
        throw new ConnectError("too many wait for the feed", Code.ResourceExhausted);
      await new Promise<void>((resolve, reject) => {
        const late = () => {
          waiters.delete(waiter);
          reject(
            new ConnectError(`position ${feedSeq} of ${options.feed} is not applied yet`, Code.Unavailable),
          );
        };
        const waiter = {
          feedSeq,
          resolve: () => {
            signal.removeEventListener("abort", late);
            resolve();
          },
        };
        if (signal.aborted) return late();
        signal.addEventListener("abort", late, { once: true });
        waiters.add(waiter);
      });
    },
  };

  // Whatever it throws, the projection may be half changed and the position is past it: only an export helps.
  function apply(ready: Envelope[]): void {
    try {
      applySpan(options.feed, ready, () => options.apply(ready));
    } catch (error) {
      throw new FeedBroken("the projection could not apply a fact", { cause: error });
    }
  }

  async function bootstrap(signal: AbortSignal): Promise<void> {
    state.bootstraps++;
    const start = await options.bootstrap(signal);
    state.buffer = feedBuffer(start, heldMax);
    advance();
  }

  async function consumerAt(place: LocateFeedResponse): Promise<Consumer> {
    const { client, manager } = await source.connected;
    const { name } = await manager.consumers.add(place.stream, {
      filter_subject: source.filter,
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: Number(place.streamSeq),
      inactive_threshold: nanos(30_000),
      mem_storage: true,
      num_replicas: 1,
    });
    const consumer = await client.consumers.get(place.stream, name);
    state.consumer = { stream: place.stream, name };
    return consumer;
  }

  // Returns when the place must be asked for again, throws when all must be.
  async function read(buffer: FeedBuffer, consumer: Consumer, signal: AbortSignal): Promise<void> {
    let gapSinceMs = buffer.gap ? performance.now() : undefined;
    let quietSinceMs = performance.now();
    while (!signal.aborted) {
      const messages = await consumer.fetch({ max_messages: messagesMax, expires: fetchMs });
      const stop = () => messages.stop();
      signal.addEventListener("abort", stop, { once: true });
      try {
        for await (const message of messages) {
          const ready = buffer.offer(fromBinary(EnvelopeBatchSchema, message.data).envelopes);
          if (ready.length > 0) apply(ready);
          advance();
          if (message.info.pending === 0 && !buffer.gap) state.currentMs = performance.now();
          if (ready.length > 0) gapSinceMs = undefined;
          quietSinceMs = performance.now();
        }
      } finally {
        signal.removeEventListener("abort", stop);
      }
      if (buffer.gap) gapSinceMs ??= performance.now();
      if (gapSinceMs !== undefined && performance.now() - gapSinceMs > gapMs) return;
      if (performance.now() - quietSinceMs > source.quietMs) return;
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    const idle = wakeUp();
    let stuckAt: bigint | undefined;
    let identity: string | undefined;
    let consumer: Consumer | undefined;
    for (let failures = 0; !signal.aborted; ) {
      try {
        if (!state.buffer) {
          await bootstrap(signal);
          identity = undefined;
        }
        const buffer = state.buffer as unknown as FeedBuffer;
        const { epoch, feedSeq } = buffer.position;
        const place = await source.locate(feedSeq, signal);
        state.target ??= place.lastSeq;
        advance();
        if (place.feedEpoch !== epoch || place.lastSeq < feedSeq) throw new FeedBroken("the feed began anew");
        if (place.purged) throw new FeedBroken("facts after the position are no longer in the stream");
        if (identity !== undefined && identity !== place.streamIdentity)
          throw new FeedBroken("the stream was made anew");
        identity = place.streamIdentity;
        if (feedSeq === place.lastSeq) state.currentMs = performance.now();
        if (stuckAt === feedSeq) throw new FeedBroken(`position ${feedSeq + 1n} is missing`);
        // A consumer starts up to thousands of facts before the position: one that has missed nothing goes on.
        if (feedSeq !== place.lastSeq) consumer = undefined;
        consumer ??= await consumerAt(place);
        await read(buffer, consumer, signal);
        stuckAt = buffer.position.feedSeq < place.lastSeq ? buffer.position.feedSeq : undefined;
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        consumer = undefined;
        const startOver = error instanceof FeedBroken || !isBrokerTrouble(error);
        if (startOver) state.buffer = undefined;
        const attributes = { feed: options.feed, service: options.service, error: String(error), failures };
        source.onNotice({
          level: "warn",
          message: startOver ? "follower starts over" : "follower waits",
          attributes,
        });
        await idle.sleep(backoffMs(failures++), signal);
      }
    }
  }

  return { follower, run, consumer: () => state.consumer };
}

// What the broker or the producer could not do leaves the projection as it is; anything else may have left it half done.
function isBrokerTrouble(error: unknown): boolean {
  return error instanceof Error && (error.name === "NatsError" || error instanceof ConnectError);
}
