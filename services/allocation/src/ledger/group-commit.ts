import { DeadlineError, OverloadError, UnavailableError } from "@marketmesh/postgres";

/** What meets in a group. */
export interface GroupedWork<Entry, Outcome> {
  /** At most so many of a group, each counted by its size; one that is larger goes alone. */
  readonly sizeMax: number;
  /** At most so many wait in this process; further ones are refused as an overload. */
  readonly waitingMax: number;
  /** Entries with the same key are never in the same group. Undefined: it may meet any. */
  keyOf(entry: Entry): string | undefined;
  /** How much of a group the entry takes. Absent: each takes one. */
  sizeOf?(entry: Entry): number;
  /** Settles a group in one transaction; outcomes in the order of the entries. */
  run(entries: readonly Entry[]): Promise<readonly Outcome[]>;
}

interface Waiting<Entry, Outcome> {
  readonly entry: Entry;
  readonly signal: AbortSignal | undefined;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

/**
 * Commits what arrives while others are being committed together, in one transaction: a commit for each would be most of
 * what it costs. What finds nobody waiting is committed at once. Each lane (a market's, for one) has one group under way.
 *
 * Each entry is judged by itself by `run`; when a group fails as a whole, each is tried alone, unless it is the database
 * that is away or slow.
 */
export class GroupCommit<Entry, Outcome> {
  readonly #work: GroupedWork<Entry, Outcome>;
  readonly #lanes = new Map<string, Waiting<Entry, Outcome>[]>();
  readonly #busy = new Set<string>();
  #waiting = 0;

  constructor(work: GroupedWork<Entry, Outcome>) {
    this.#work = work;
  }

  /** What becomes of the entry. Aborted while it waits, it is left out; once it is under way, it is carried out. */
  submit(lane: string, entry: Entry, signal?: AbortSignal): Promise<Outcome> {
    if (this.#waiting >= this.#work.waitingMax) return Promise.reject(new OverloadError());
    return new Promise((resolve, reject) => {
      const waiting = this.#lanes.get(lane) ?? [];
      waiting.push({ entry, signal, resolve, reject });
      this.#waiting++;
      this.#lanes.set(lane, waiting);
      // What arrives in the same turn of the event loop goes along.
      if (!this.#busy.has(lane)) setImmediate(() => void this.#drain(lane));
    });
  }

  async #drain(lane: string): Promise<void> {
    if (this.#busy.has(lane)) return;
    this.#busy.add(lane);
    for (let group = this.#take(lane); group.length > 0; group = this.#take(lane)) await this.#settle(group);
    this.#busy.delete(lane);
  }

  /** Those that wait longest, each key once. */
  #take(lane: string): Waiting<Entry, Outcome>[] {
    const group: Waiting<Entry, Outcome>[] = [];
    const rest: Waiting<Entry, Outcome>[] = [];
    const keys = new Set<string>();
    let left = this.#work.sizeMax;
    for (const waiting of this.#lanes.get(lane) ?? []) {
      const key = this.#work.keyOf(waiting.entry);
      const size = this.#work.sizeOf?.(waiting.entry) ?? 1;
      const isFull = group.length > 0 && size > left;
      // Nobody behind a large one goes before it: it would wait for ever.
      if (isFull) left = 0;
      if (waiting.signal?.aborted) waiting.reject(new DeadlineError(waiting.signal.reason));
      else if (isFull || (key !== undefined && keys.has(key))) rest.push(waiting);
      else {
        left -= size;
        group.push(waiting);
        if (key !== undefined) keys.add(key);
      }
    }
    this.#waiting -= (this.#lanes.get(lane)?.length ?? 0) - rest.length;
    if (rest.length > 0) this.#lanes.set(lane, rest);
    else this.#lanes.delete(lane);
    return group;
  }

  async #settle(group: readonly Waiting<Entry, Outcome>[]): Promise<void> {
    try {
      const outcomes = await this.#work.run(group.map(({ entry }) => entry));
      for (const [at, { resolve }] of group.entries()) resolve(outcomes[at]!);
    } catch (error) {
      // One that cannot be settled must not take the others with it.
      if (group.length > 1 && !isOfDatabase(error)) {
        for (const waiting of group) await this.#settle([waiting]);
      } else for (const { reject } of group) reject(error);
    }
  }
}

/** The database is away or slow: trying each alone would only add to it. */
function isOfDatabase(error: unknown): boolean {
  return [UnavailableError, DeadlineError, OverloadError].some((kind) => error instanceof kind);
}
