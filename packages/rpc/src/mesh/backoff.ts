const firstMs = 20;
const mostMs = 1_000;

/** Exponential backoff with full jitter: the wait before attempt n + 1. `random` is from 0 to 1. */
export function backoffMs(attempt: number, random: number): number {
  return Math.min(mostMs, firstMs * 2 ** (attempt - 1)) * (0.5 + random / 2);
}

/** Waits; rejects with the signal's reason when it is aborted meanwhile. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
