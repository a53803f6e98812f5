import type { TransactionOptions, Tx } from "./database.ts";
import { ConflictError, UnavailableError } from "./errors.ts";
import type { Pool } from "./pool.ts";
import type { Scope } from "./scope.ts";

/** How long a server that was away is not asked first. */
const awayMs = 1_000;

/** The same database at the hosts of `readUrl`: user, password and name stay, and that it must take writes does not. */
export function onReplica(url: string, readUrl: string): string {
  const [, hosts = ""] = /^\w+:\/\/(?:[^@/]*@)?([^/?]*)/.exec(readUrl) ?? [];
  return url
    .replace(/^(\w+:\/\/(?:[^@/]*@)?)[^/?]*/, (_, before: string) => `${before}${hosts}`)
    .replace(/([?&])target_session_attrs=[^&]*&?/, "$1")
    .replace(/[?&]$/, "");
}

/** Runs transactions on the primary, and reads that say so on the replica, first or instead. */
export function withReplica(primary: Pool, replica: Pool | undefined): Pool["run"] {
  const awayUntilMs = new Map<Pool, number>();
  const isAway = (pool: Pool) => (awayUntilMs.get(pool) ?? 0) > performance.now();

  async function readAt<T>(
    pools: readonly [Pool, Pool],
    scope: Scope | undefined,
    work: (tx: Tx) => Promise<T>,
    options: TransactionOptions,
  ): Promise<T> {
    const [first, second] = pools;
    let begun = false;
    const counted = (tx: Tx) => {
      begun = true;
      return work(tx);
    };
    try {
      return await first.run(scope, counted, options);
    } catch (error) {
      // A replica that has to catch up ends queries that are in its way.
      const helps =
        error instanceof UnavailableError || (first === replica && error instanceof ConflictError);
      if (error instanceof UnavailableError) awayUntilMs.set(first, performance.now() + awayMs);
      if (!helps || (begun && options.mayRepeat !== true)) throw error;
      return await second.run(scope, work, options);
    }
  }

  return (scope, work, { readFrom = "PRIMARY", ...options }) => {
    if (replica === undefined || readFrom === "PRIMARY") return primary.run(scope, work, options);
    const wanted: [Pool, Pool] =
      readFrom === "REPLICA_ELSE_PRIMARY" ? [replica, primary] : [primary, replica];
    const pools: [Pool, Pool] = isAway(wanted[0]) && !isAway(wanted[1]) ? [wanted[1], wanted[0]] : wanted;
    return readAt(pools, scope, work, { ...options, readOnly: true });
  };
}
