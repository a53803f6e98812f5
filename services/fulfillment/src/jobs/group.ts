/**
 * Lets what comes at the same time share a transaction: while one batch is under way the next one gathers. A batch that fails
 * is done again one by one, so that each fails or succeeds for itself.
 */
export class Group<Item, Result> {
  readonly #work: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly #sizeMax: number;
  #waiting: Waiting<Item, Result>[] = [];
  #busy = 0;
  readonly #parallelMax: number;

  /** `work` answers in the order of the items. */
  constructor(
    work: (items: readonly Item[]) => Promise<readonly Result[]>,
    { sizeMax, parallelMax }: { readonly sizeMax: number; readonly parallelMax: number },
  ) {
    this.#work = work;
    this.#sizeMax = sizeMax;
    this.#parallelMax = parallelMax;
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#busy < this.#parallelMax) queueMicrotask(() => this.#next());
    });
  }

  #next(): void {
    if (this.#waiting.length === 0 || this.#busy >= this.#parallelMax) return;
    const batch = this.#waiting.splice(0, this.#sizeMax);
    this.#busy++;
    this.#run(batch).finally(() => {
      this.#busy--;
      this.#next();
    });
  }

  async #run(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#work(batch.map(({ item }) => item));
      for (const [at, { resolve }] of batch.entries()) resolve(results[at]!);
    } catch (error) {
      if (batch.length === 1) return batch[0]!.reject(error);
      for (const one of batch) await this.#run([one]);
    }
  }
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}
