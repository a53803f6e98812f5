/** How many exchanges may fail. */
export interface FailurePolicy {
  /** Over all credentials, on average. */
  readonly perSecond: number;
  /** Over all credentials, at once. */
  readonly burst: number;
  /** Of one credential within a minute. */
  readonly perCredential: number;
  /** How many credentials are remembered, good and bad each. */
  readonly rememberedMax: number;
}

const windowMs = 60_000;

/**
 * Slows down guessing and broken clients without locking out others: a credential that failed too often waits for the end
 * of its minute, and when all failures together are too many, only credentials that were good before get through.
 *
 * Credentials are told apart by their hash. State is bounded: the one not seen for longest is forgotten.
 */
export class FailureLimiter {
  readonly #policy: FailurePolicy;
  readonly #bad = new Map<string, { startMs: number; count: number }>();
  readonly #good = new Set<string>();
  #tokens: number;
  #filledMs = 0;

  constructor(policy: FailurePolicy) {
    this.#policy = policy;
    this.#tokens = policy.burst;
  }

  /** Milliseconds to wait before this credential may be tried; 0 lets it through. */
  waitMs(credential: string, nowMs: number): number {
    const bad = this.#bad.get(credential);
    if (bad && bad.count >= this.#policy.perCredential && nowMs < bad.startMs + windowMs) {
      return bad.startMs + windowMs - nowMs;
    }
    this.#refill(nowMs);
    if (this.#tokens >= 1 || this.#good.has(credential)) return 0;
    return Math.ceil((1 - this.#tokens) * (1_000 / this.#policy.perSecond));
  }

  /** Whether the next failure of this credential would be the first within a minute. */
  isFirstFailure(credential: string, nowMs: number): boolean {
    const known = this.#bad.get(credential);
    return known === undefined || nowMs >= known.startMs + windowMs;
  }

  /** Counts a failure. */
  failed(credential: string, nowMs: number): void {
    this.#refill(nowMs);
    this.#tokens = Math.max(0, this.#tokens - 1);
    this.#good.delete(credential);
    const known = this.#bad.get(credential);
    this.#bad.delete(credential);
    const first = known === undefined || nowMs >= known.startMs + windowMs;
    this.#bad.set(credential, first ? { startMs: nowMs, count: 1 } : { ...known, count: known.count + 1 });
    trim(this.#bad, this.#policy.rememberedMax);
  }

  succeeded(credential: string): void {
    this.#good.delete(credential);
    this.#good.add(credential);
    trim(this.#good, this.#policy.rememberedMax);
  }

  #refill(nowMs: number): void {
    const passedMs = Math.max(0, nowMs - this.#filledMs);
    this.#tokens = Math.min(this.#policy.burst, this.#tokens + (passedMs * this.#policy.perSecond) / 1_000);
    this.#filledMs = nowMs;
  }
}

// Maps and sets keep the order of insertion, and every use inserts anew.
function trim(entries: Map<string, unknown> | Set<string>, max: number): void {
  for (const key of entries.keys()) {
    if (entries.size <= max) return;
    entries.delete(key);
  }
}
