/** A hold may be known here only after its time: it is then looked for as if it came now. */
const lateMs = 5_000;
const gapMs = 5;

/** Lets what ends due holds sleep until the next is due, and wakes it for one that comes sooner. */
export class ExpiryAlarm {
  #wakeMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;

  /** A hold of this process lets go then. The times of sandbox markets are no times of ours: most of them are long over. */
  comes(expireTime: Date | undefined): void {
    if (!this.#wake || !expireTime) return;
    const atMs = expireTime.getTime();
    if (atMs < this.#wakeMs && atMs > Date.now() - lateMs) this.#set(atMs);
  }

  /** Resolves after `ms`, or when a hold that came meanwhile is due, or when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        clearTimeout(this.#timer);
        this.#wake = undefined;
        signal.removeEventListener("abort", done);
        resolve();
      };
      const done = () => this.#wake?.();
      signal.addEventListener("abort", done);
      this.#set(Date.now() + ms);
      if (signal.aborted) done();
    });
  }

  #set(atMs: number): void {
    clearTimeout(this.#timer);
    this.#wakeMs = atMs;
    this.#timer = setTimeout(() => this.#wake?.(), Math.max(gapMs, atMs - Date.now()));
  }
}
