/** Bounds retries to a share of the calls, so that they cannot multiply the load on a server that struggles. */
export interface RetryBudget {
  /** A call was made. */
  deposit(): void;
  /** Whether one more retry may be made; takes it. */
  withdraw(): boolean;
}

/** Each call earns `ratio` of a retry; at most `savedMax` are saved up, which is also what a quiet client starts with. */
export function retryBudget(ratio = 0.1, savedMax = 10): RetryBudget {
  let saved = savedMax;
  return {
    deposit() {
      saved = Math.min(savedMax, saved + ratio);
    },
    withdraw() {
      if (saved < 1) return false;
      saved -= 1;
      return true;
    },
  };
}
