import { Code, ConnectError } from "@connectrpc/connect";
import type { Telemetry } from "@marketmesh/telemetry";
import { recalledReads } from "./metrics.ts";

const entriesMax = 1_000;
const askAgainMs = 1_000;

/** Small reads that are asked for all the time, answered from memory while the database is away. */
export interface RecentReads {
  /**
   * What the database says; while it is away, what it said last under this key. The key names everything that the answer
   * depends on, the caller's reach among it. Throws what the read throws when nothing recent is known.
   */
  read<T>(key: string, load: () => Promise<T>): Promise<T>;
}

export interface RecentReadsOptions {
  readonly telemetry: Pick<Telemetry, "log" | "metrics">;
  /** How old an answer from memory may be; 0: none is given. */
  readonly staleMaxMs: number;
  /** How long the database is waited for when there is an answer in memory. */
  readonly patienceMs?: number;
  readonly nowMs?: () => number;
}

interface Known {
  readonly value: unknown;
  readonly readMs: number;
}

export function recentReads(options: RecentReadsOptions): RecentReads {
  const { telemetry, staleMaxMs, patienceMs = 2_000, nowMs = () => performance.now() } = options;
  const known = new Map<string, Known>();
  const recalled = telemetry.metrics.counter(recalledReads);
  let awaySinceMs: number | undefined;
  let askAgainAtMs = 0;

  function remember<T>(key: string, value: T): T {
    known.delete(key);
    known.set(key, { value, readMs: nowMs() });
    const [oldest] = known.keys();
    if (known.size > entriesMax && oldest !== undefined) known.delete(oldest);
    if (awaySinceMs !== undefined) telemetry.log.info("the database answers again");
    awaySinceMs = undefined;
    askAgainAtMs = 0;
    return value;
  }

  function markAway(cause: unknown): void {
    if (awaySinceMs === undefined)
      telemetry.log.warn("the database is away: answering from memory", { cause });
    awaySinceMs ??= nowMs();
    askAgainAtMs = nowMs() + askAgainMs;
  }

  function recall<T>(found: Known): T {
    recalled.add(1, {});
    return found.value as T;
  }

  return {
    async read<T>(key: string, load: () => Promise<T>): Promise<T> {
      const found = known.get(key);
      const isRecent = found !== undefined && nowMs() - found.readMs <= staleMaxMs;
      if (!isRecent) return remember(key, await load());
      const askedMs = nowMs();
      if (askedMs < askAgainAtMs) return recall(found);
      // One call in a second asks, so that the others do not wait for what does not answer.
      if (awaySinceMs !== undefined) askAgainAtMs = askedMs + askAgainMs;
      try {
        return remember(key, await within(load(), patienceMs));
      } catch (cause) {
        if (!answersNothing(cause)) throw cause;
        // A caller with little time, or a queue that is full for a moment, tells nothing about the database.
        if (isAway(cause) || nowMs() - askedMs >= patienceMs / 4) markAway(cause);
        return recall(found);
      }
    },
  };
}

class LateError extends Error {
  override readonly name = "LateError";
}

/** What waits on is ended with its call; that nobody hears how is no fault. */
function within<T>(answer: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new LateError(`no answer within ${ms} ms`)), ms);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

const unanswered = new Set([Code.Unavailable, Code.DeadlineExceeded, Code.ResourceExhausted]);

function answersNothing(cause: unknown): boolean {
  return cause instanceof LateError || (cause instanceof ConnectError && unanswered.has(cause.code));
}

function isAway(cause: unknown): boolean {
  return cause instanceof LateError || (cause instanceof ConnectError && cause.code === Code.Unavailable);
}
