import { type Connection, send, settings } from "./connection.ts";
import type { TransactionOptions, Tx } from "./database.ts";
import { DeadlineError, UnavailableError } from "./errors.ts";
import type { Scope } from "./scope.ts";
import { openSession, type Session, type Statements } from "./session.ts";
import { endStatementSpan, startStatementSpan } from "./statement-span.ts";

/** What a transaction led to. */
export interface Done<T> {
  readonly value: T;
  /** Resolves when the connection is free again; never rejects. Undefined: it is. */
  readonly ended: Promise<void> | undefined;
}

/**
 * Runs work in a transaction on a connection that nobody else uses meanwhile.
 *
 * BEGIN and the scope are written together with the first statement of the work: they cost no round trip. Nor does the
 * COMMIT of a transaction that only read: what it read is true, whatever becomes of its end.
 */
export async function runTransaction<T>(
  connection: Connection,
  statements: Statements,
  scope: Scope | undefined,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions & { readonly timeoutMs: number },
): Promise<Done<T>> {
  if (options.signal?.aborted) throw new DeadlineError(options.signal.reason);
  const { sql } = connection;
  const session = openSession(connection, statements);
  const abort = () => session.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", abort, { once: true });
  const begun = Promise.all([
    send(connection, sql.unsafe(beginOf(options))),
    send(connection, sql.unsafe(settings, settingsOf(scope, options.timeoutMs), { prepare: true })),
  ]);
  try {
    const [, value] = await Promise.all([begun, work(session.tx)]);
    await session.settled();
    // Who goes away takes the connection along: that says nothing about the database.
    if (connection.dead && options.signal?.aborted) throw new DeadlineError(options.signal.reason);
    if (endsByItself(options) && !connection.dead && session.failure() === undefined) {
      return { value, ended: endOfReading(connection, session) };
    }
    await commit(connection, session, options.readOnly ? undefined : statements.database);
    return { value, ended: undefined };
  } catch (error) {
    await rollback(connection, session);
    throw error;
  } finally {
    options.signal?.removeEventListener("abort", abort);
  }
}

// Postgres may refuse the end of a serializable one, whatever it did.
function endsByItself({ readOnly, isolation }: TransactionOptions): boolean {
  return readOnly === true && isolation !== "serializable";
}

async function endOfReading(connection: Connection, session: Session): Promise<void> {
  session.refuse(new Error("the transaction has ended"));
  try {
    await sendCommit(connection, session);
  } catch {
    // Its state is unknown, so nobody may use it again.
    connection.dead = true;
  }
}

// Its span shows where a write waits for the disk; a transaction that only read has none.
async function commit(connection: Connection, session: Session, spanOf: string | undefined): Promise<void> {
  session.refuse(new Error("the transaction has ended"));
  if (connection.dead) throw new UnavailableError(new Error("the connection was lost"));
  const span = spanOf === undefined ? undefined : startStatementSpan("commit", spanOf);
  let failure: unknown;
  try {
    await sendCommit(connection, session);
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    if (span) endStatementSpan(span, failure);
  }
}

async function sendCommit(connection: Connection, session: Session): Promise<void> {
  const { command } = await send(connection, connection.sql.unsafe("commit"));
  // Postgres answers a COMMIT of a failed transaction with ROLLBACK, not with an error.
  if (command !== "COMMIT") throw session.failure() ?? new Error("the transaction was rolled back");
}

async function rollback(connection: Connection, session: Session): Promise<void> {
  session.refuse(new Error("the transaction has ended"));
  try {
    await session.settled();
    if (!connection.dead) await send(connection, connection.sql.unsafe("rollback"));
  } catch {
    // Its state is unknown, so nobody may use it again; the server rolls back when it closes.
    connection.dead = true;
  }
}

function settingsOf(scope: Scope | undefined, timeoutMs: number): string[] {
  const timeout = String(Math.max(1, Math.floor(timeoutMs)));
  return scope
    ? [scope.market, scope.party, scope.principal, scope.reach, timeout]
    : ["", "", "", "", timeout];
}

function beginOf(options: TransactionOptions): string {
  const isolation = options.isolation ? ` isolation level ${options.isolation}` : "";
  return `begin${isolation}${options.readOnly ? " read only" : ""}`;
}
