/** Lets a loop wait for a word, or for a while. A word that comes while nobody waits is kept. */
export class Nudge {
  #told = false;
  #wake: (() => void) | undefined;

  tell(): void {
    this.#told = true;
    this.#wake?.();
  }

  /** Whether there was a word. */
  async wait(ms: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#told && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener("abort", this.#wake, { once: true });
      });
    }
    if (this.#wake) signal.removeEventListener("abort", this.#wake);
    this.#wake = undefined;
    const told = this.#told;
    this.#told = false;
    return told;
  }
}
