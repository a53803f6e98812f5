export interface RateLimitOptions {
  /** Sustained calls a second of one principal. */
  readonly callsPerSecond: number;
  /** Calls that may come at once; twice the rate by default. */
  readonly burst?: number;
  readonly nowMs: () => number;
  /** How many principals are remembered. */
  readonly principalsMax?: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/** A token bucket per principal; the longest unused is forgotten first, which only ever favours its principal. */
export interface RateLimit {
  /** 0 when the call may go on, else how many milliseconds until it may. */
  take(principal: string): number;
}

export function rateLimit(options: RateLimitOptions): RateLimit {
  const { callsPerSecond, nowMs, principalsMax = 10_000 } = options;
  const burst = options.burst ?? callsPerSecond * 2;
  const buckets = new Map<string, Bucket>();
  return {
    take(principal) {
      const now = nowMs();
      const bucket = buckets.get(principal) ?? { tokens: burst, atMs: now };
      bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.atMs) * callsPerSecond) / 1000);
      bucket.atMs = now;
      buckets.delete(principal);
      buckets.set(principal, bucket);
      if (buckets.size > principalsMax) buckets.delete(buckets.keys().next().value as string);
      if (bucket.tokens < 1) return Math.max(1, Math.ceil(((1 - bucket.tokens) * 1000) / callsPerSecond));
      bucket.tokens -= 1;
      return 0;
    },
  };
}
