import type { ExtractTablesWithRelations } from "drizzle-orm";
import type { PostgresJsDatabase, PostgresJsTransaction } from "drizzle-orm/postgres-js";
import type { Scope } from "./scope.ts";

type NoSchema = Record<string, never>;

/** A drizzle transaction: `tx.execute(sql`…`)` and the query builder over table objects. */
export type Tx = PostgresJsTransaction<NoSchema, ExtractTablesWithRelations<NoSchema>>;

/** A drizzle database outside any transaction. */
export type Drizzle = PostgresJsDatabase<NoSchema>;

/** How one transaction runs. */
export interface TransactionOptions {
  readonly readOnly?: boolean;
  /**
   * Where a read is answered, when there is a replica; it may lag behind. The other server is asked when the first is away
   * before the work began, or, with `mayRepeat`, at any time. Default: the primary alone.
   */
  readonly readFrom?: "PRIMARY" | "PRIMARY_ELSE_REPLICA" | "REPLICA_ELSE_PRIMARY";
  readonly isolation?: "read committed" | "repeatable read" | "serializable";
  /** The work has no effect outside the transaction, so a deadlock or serialization failure runs it again (at most 4 times). */
  readonly mayRepeat?: boolean;
  /** No statement runs longer than what is left of this many milliseconds; then DEADLINE_EXCEEDED. */
  readonly timeoutMs?: number;
  /** Aborting it cancels the running statement and rolls back. */
  readonly signal?: AbortSignal;
}

/** One service's database: the app pool under row level security and the background pool that sees all markets. */
export interface Database {
  /** The database's name. */
  readonly name: string;
  /** Runs the work as the app role, seeing what the scope sees. Commits when it resolves, rolls back when it throws. */
  transaction<T>(scope: Scope, work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Runs the work as the background role, which sees every market: relay, consumers, sweeps, export to services. */
  background<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** The app pool outside a transaction: no scope is set, so no table under row level security shows a row. */
  readonly app: Drizzle;
  /** What a long session of its own needs (LISTEN, a session lock). Never for transactional work. */
  readonly backgroundUrl: string;
  /** Waits for running transactions, at most 5 s, then closes both pools. */
  close(): Promise<void>;
}
