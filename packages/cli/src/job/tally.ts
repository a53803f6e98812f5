/** What a market's job took, by this machine's clock. */
export type Phase = "import" | "project" | "decide" | "answer" | "fulfil";

/** Adds up the time of phases as they happen, and notes when the first holds stood. */
export class Tally {
  readonly #startMs: number;
  readonly #nowMs: () => number;
  readonly #phasesMs: Record<Phase, number> = { import: 0, project: 0, decide: 0, answer: 0, fulfil: 0 };
  #firstHoldsMs: number | undefined;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
  }

  async phase<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
    const startMs = this.#nowMs();
    try {
      return await work();
    } finally {
      this.#phasesMs[phase] += this.#nowMs() - startMs;
    }
  }

  /** Says that a decision was committed, and whether it holds anything. */
  held(any: boolean): void {
    if (any) this.#firstHoldsMs ??= this.#nowMs() - this.#startMs;
  }

  get firstHoldsMs(): number {
    return Math.round(this.#firstHoldsMs ?? 0);
  }

  get phasesMs(): Record<Phase, number> {
    const { import: imported, project, decide, answer, fulfil } = this.#phasesMs;
    return {
      import: Math.round(imported),
      project: Math.round(project),
      decide: Math.round(decide),
      answer: Math.round(answer),
      fulfil: Math.round(fulfil),
    };
  }
}
