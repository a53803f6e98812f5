const restsPerWork = 10;
const longestMs = 10_000;
const keysMax = 10_000;

/** Lets work that comes to nothing rest ten times as long as it took: what is quick is done each time, what is slow costs no more than a tenth of the time. */
export class Rests {
  readonly #now: () => number;
  readonly #untilMs = new Map<string, number>();

  constructor(now: () => number = performance.now.bind(performance)) {
    this.#now = now;
  }

  /** Does the work, unless it rests; undefined: it came to nothing, or rests. */
  async work<T>(key: string, work: () => Promise<T | undefined>): Promise<T | undefined> {
    const startMs = this.#now();
    if ((this.#untilMs.get(key) ?? 0) > startMs) return undefined;
    this.#untilMs.delete(key);
    const done = await work();
    if (done !== undefined) return done;
    const endMs = this.#now();
    if (this.#untilMs.size >= keysMax) this.#untilMs.clear();
    this.#untilMs.set(key, endMs + Math.min(longestMs, restsPerWork * (endMs - startMs)));
    return undefined;
  }
}
