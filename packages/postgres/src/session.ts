import { PgDialect } from "drizzle-orm/pg-core";
import { PostgresJsSession, PostgresJsTransaction } from "drizzle-orm/postgres-js";
import type { Sql } from "postgres";
import { type Connection, send } from "./connection.ts";
import type { Tx } from "./database.ts";
import { DeadlineError, UnavailableError } from "./errors.ts";
import type { ObservedQuery } from "./open.ts";
import { endStatementSpan, startStatementSpan } from "./statement-span.ts";

const dialect = new PgDialect();
// A connection keeps each prepared statement for its life, so their number is bounded; further ones are not prepared.
const preparedMax = 500;

/** What statements of one pool share. */
export interface Statements {
  readonly prepared: Set<string>;
  /** The database's name, for spans. */
  readonly database: string;
  readonly onQuery: ((query: ObservedQuery) => void) | undefined;
}

/** The statements of one transaction. */
export interface Session {
  readonly tx: Tx;
  /** Cancels what runs and refuses what comes with DEADLINE_EXCEEDED. */
  abort(reason: unknown): void;
  /** Refuses what comes: the connection may already serve another transaction. */
  refuse(error: Error): void;
  /** Resolves when nothing is under way any more; never rejects. */
  settled(): Promise<void>;
  /** The first statement's failure, if any. */
  failure(): unknown;
}

interface State {
  readonly connection: Connection;
  readonly statements: Statements;
  refusal: Error | undefined;
  failure: unknown;
  running: { cancel(): void } | undefined;
  /** Settles with the last statement; each waits for the one before, so that none is left in the driver's own queue. */
  tail: Promise<unknown>;
  savepoints: number;
}

export function openSession(connection: Connection, statements: Statements): Session {
  const state: State = {
    connection,
    statements,
    refusal: undefined,
    failure: undefined,
    running: undefined,
    tail: Promise.resolve(),
    savepoints: 0,
  };
  const session = new PostgresJsSession(clientOf(state), dialect, undefined, {});
  return {
    tx: new PostgresJsTransaction(dialect, session as never, undefined) as unknown as Tx,
    abort(reason) {
      state.refusal ??= new DeadlineError(reason);
      if (!state.running) return;
      // It travels on a connection of its own and may arrive when the statement is over: it would then hit the next one here.
      state.connection.dead = true;
      state.running.cancel();
    },
    refuse(error) {
      state.refusal ??= error;
    },
    settled: async () => {
      await state.tail;
    },
    failure: () => state.failure,
  };
}

// drizzle uses exactly these two of the driver's functions inside a transaction.
function clientOf(state: State): Sql {
  const client = {
    unsafe(text: string, values: never[]) {
      let asArrays = false;
      // The statement starts a microtask later: drizzle says at once, by values(), in which shape it wants the rows.
      const rows = Promise.resolve().then(() => enqueue(state, text, values, asArrays));
      return Object.assign(rows, {
        values() {
          asArrays = true;
          return rows;
        },
      });
    },
    savepoint: (work: (inner: Sql) => Promise<unknown>) => savepoint(state, work),
  };
  return client as unknown as Sql;
}

function enqueue(state: State, text: string, values: never[], asArrays: boolean): Promise<unknown> {
  const result = state.tail.then(() => execute(state, text, values, asArrays));
  state.tail = result.catch((error) => {
    state.failure ??= error;
  });
  return result;
}

async function execute(state: State, text: string, values: never[], asArrays: boolean): Promise<unknown> {
  if (state.refusal) throw state.refusal;
  if (state.connection.dead) throw new UnavailableError(new Error("the connection was lost"));
  const query = state.connection.sql.unsafe(text, values, {
    prepare: mayPrepare(text, state.statements.prepared),
  });
  const finish = startObserving(text, state.statements);
  state.running = query;
  try {
    const rows = await send(state.connection, asArrays ? query.values() : query);
    finish(undefined);
    return rows;
  } catch (error) {
    finish(error);
    throw error;
  } finally {
    state.running = undefined;
  }
}

async function savepoint(state: State, work: (inner: Sql) => Promise<unknown>): Promise<unknown> {
  const name = `s${++state.savepoints}`;
  const run = (text: string) => enqueue(state, text, [], false);
  await run(`savepoint ${name}`);
  try {
    const value = await work(clientOf(state));
    await run(`release savepoint ${name}`);
    return value;
  } catch (error) {
    await run(`rollback to savepoint ${name}`);
    throw error;
  }
}

function mayPrepare(text: string, prepared: Set<string>): boolean {
  if (prepared.has(text)) return true;
  if (prepared.size >= preparedMax) return false;
  prepared.add(text);
  return true;
}

/** Tells metrics and the trace of one statement; call what it returns with the failure, if any, when it has ended. */
function startObserving(text: string, { database, onQuery }: Statements): (failure: unknown) => void {
  const span = startStatementSpan(text, database);
  if (!span && !onQuery) return () => {};
  const startMs = performance.now();
  return (failure) => {
    if (span) endStatementSpan(span, failure);
    onQuery?.({ text, durationMs: performance.now() - startMs, failed: failure !== undefined });
  };
}
