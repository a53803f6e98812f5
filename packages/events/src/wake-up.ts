/** A sleep that can be ended early; a wake-up while nobody sleeps ends the next sleep at once. */
export interface WakeUp {
  wake(): void;
  /** Resolves after a wake-up, the time, or the signal's abort. */
  sleep(timeMs: number, signal: AbortSignal): Promise<void>;
}

export function wakeUp(): WakeUp {
  let woken = false;
  let end: (() => void) | undefined;
  return {
    wake() {
      woken = true;
      end?.();
    },
    async sleep(timeMs, signal) {
      if (!woken && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeMs);
          end = () => {
            clearTimeout(timer);
            resolve();
          };
          signal.addEventListener("abort", end, { once: true });
        });
        if (end) signal.removeEventListener("abort", end);
        end = undefined;
      }
      woken = false;
    },
  };
}

/** Waits before the n-th retry: 50 ms doubling up to 5 s, a quarter of it by chance. */
export function backoffMs(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 10), 5_000) * (0.75 + Math.random() / 4);
}
