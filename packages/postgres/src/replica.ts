import type { TransactionOptions, Tx } from "./database.ts";
import type { DatabaseUrl } from "./database-url.ts";
import { ConflictError, UnavailableError, UnreachableError } from "./errors.ts";
import type { Pool } from "./pool.ts";
import type { Scope } from "./scope.ts";

/** How long a server that was away is not asked first. */
const awayMs = 1_000;
/** A replica that ended a query to catch up would end the next one as well. */
const conflictMs = 60_000;

/** The same database at a replica's hosts: user, password and name stay, and that it must take writes does not. */
export function onReplica(url: DatabaseUrl, hosts: DatabaseUrl["hosts"]): DatabaseUrl {
  return { ...url, hosts, writable: false };
}

/** Runs transactions on the primary, and reads that say so on the replica, first or instead. */
export function withReplica(primary: Pool, replica: Pool | undefined): Pool["run"] {
  const awayUntilMs = new Map<Pool, number>();
  const isAway = (pool: Pool) => (awayUntilMs.get(pool) ?? 0) > performance.now();

  /** Why a read goes on elsewhere: its connection was `lost`, or its server is of no use for a while. */
  function noted(pool: Pool, error: unknown): "lost" | "away" | undefined {
    const isConflict = pool === replica && error instanceof ConflictError;
    const isAway = error instanceof UnreachableError;
    if (isConflict || isAway) awayUntilMs.set(pool, performance.now() + (isConflict ? conflictMs : awayMs));
    if (isConflict || isAway) return "away";
    return error instanceof UnavailableError ? "lost" : undefined;
  }

  /** First, once more where a connection was lost, which tells little about its server, then second. */
  async function readAt<T>(
    [first, second]: readonly [Pool, Pool],
    scope: Scope | undefined,
    work: (tx: Tx) => Promise<T>,
    options: TransactionOptions,
  ): Promise<T> {
    let begun = false;
    const counted = (tx: Tx) => {
      begun = true;
      return work(tx);
    };
    for (let tries = 1; ; tries++) {
      try {
        return await first.run(scope, counted, options);
      } catch (error) {
        const why = noted(first, error);
        if (why === undefined || (begun && options.mayRepeat !== true)) throw error;
        if (why === "away" || tries === 2) return await second.run(scope, work, options);
      }
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
