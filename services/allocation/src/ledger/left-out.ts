import { Code, ConnectError } from "@connectrpc/connect";
import type { Logger } from "@marketmesh/telemetry";

/** What is left out at a time; beyond, what was left out first is tried again. */
const keptMax = 1_000;
/** When more rows of a group than these fail by themselves, it may be the group's fault: the rest waits. */
const apartMax = 20;
const firstMs = 1_000;
const longestMs = 600_000;
/** Faults of the moment, not of a row. */
const passing: ReadonlySet<Code> = new Set([
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.Aborted,
  Code.ResourceExhausted,
]);

/** How a group of rows is worked on, in transactions of the caller's. */
export interface GroupWork {
  /** The next rows of the group; how many were done. */
  all(): Promise<number>;
  /** The ids of the rows that `all` would take next. */
  rows(): Promise<readonly string[]>;
  /** These alone, where they are still to be done. */
  some(rows: readonly string[]): Promise<number>;
}

/**
 * What a loop leaves out because it failed: a row that fails by itself keeps neither its group nor others from being done, and is
 * tried again after a second, after two, at last every ten minutes. So is a group of which nothing can be done. It is told once.
 */
export class LeftOut {
  readonly #log: Logger;
  readonly #what: string;
  readonly #now: () => number;
  readonly #rows = new Map<string, Times>();
  readonly #groups = new Map<string, Times>();

  /** @param what is told, for example "due holds were not ended" */
  constructor(log: Logger, what: string, now: () => number = Date.now) {
    this.#log = log;
    this.#what = what;
    this.#now = now;
  }

  /** The ids of rows to leave out now. */
  get rows(): string[] {
    return [...this.#rows].flatMap(([id, { untilMs }]) => (untilMs > this.#now() ? [id] : []));
  }

  /** Whether the group as a whole is left out now. */
  has(group: string): boolean {
    return (this.#groups.get(group)?.untilMs ?? 0) > this.#now();
  }

  /** Does what can be done of a group; how much that was. Never throws. */
  async work(group: string, work: GroupWork): Promise<number> {
    try {
      const done = await work.all().catch(async (error) => {
        if (isPassing(error)) throw error;
        return await this.#inHalves(group, await work.rows(), work);
      });
      this.#groups.delete(group);
      return done;
    } catch (error) {
      if (this.#leave(this.#groups, group)) this.#log.error(this.#what, { group, error });
      return 0;
    }
  }

  async #inHalves(group: string, rows: readonly string[], work: GroupWork): Promise<number> {
    const apart: { readonly row: string; readonly error: unknown }[] = [];
    const doneOf = async (part: readonly string[]): Promise<number> => {
      if (part.length === 0) return 0;
      try {
        return await work.some(part);
      } catch (error) {
        if (isPassing(error) || apart.length === apartMax) throw error;
        if (part.length > 1) {
          const half = part.length >> 1;
          return (await doneOf(part.slice(0, half))) + (await doneOf(part.slice(half)));
        }
        apart.push({ row: part[0]!, error });
        return 0;
      }
    };
    try {
      return await doneOf(rows);
    } finally {
      this.#leaveRows(group, apart);
    }
  }

  #leaveRows(group: string, apart: readonly { readonly row: string; readonly error: unknown }[]): void {
    const news = apart.filter(({ row }) => this.#leave(this.#rows, row));
    const [first] = news;
    if (first) this.#log.error(this.#what, { group, row: first.row, rows: news.length, error: first.error });
  }

  /** Whether it is news. */
  #leave(from: Map<string, Times>, key: string): boolean {
    const failures = (from.get(key)?.failures ?? 0) + 1;
    const forMs = Math.min(longestMs, firstMs * 2 ** (failures - 1));
    from.delete(key);
    from.set(key, { failures, untilMs: this.#now() + forMs });
    if (from.size > keptMax) from.delete(from.keys().next().value!);
    return failures === 1;
  }
}

interface Times {
  readonly failures: number;
  readonly untilMs: number;
}

function isPassing(error: unknown): boolean {
  return error instanceof ConnectError && passing.has(error.code);
}
