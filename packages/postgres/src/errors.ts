import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@marketmesh/contracts/google/rpc";
import { DrizzleQueryError } from "drizzle-orm/errors";

// ConnectError recognises its own by name, also across copies of the library; each of these is told apart by its class.
class DatabaseError extends ConnectError {
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: each subclass recognises its own instances
    return Function.prototype[Symbol.hasInstance].call(this, value);
  }
}

/** The database can't be reached or went away; the transaction did not commit, or nobody knows. Retry as is. */
export class UnavailableError extends DatabaseError {
  constructor(cause: unknown) {
    super("the database is unavailable", Code.Unavailable, undefined, undefined, cause);
  }
}

/** No connection could be made: the server is away, or this role or database is not there yet or no longer. */
export class UnreachableError extends UnavailableError {}

/** The statement was cancelled because the deadline passed or the caller went away. */
export class DeadlineError extends DatabaseError {
  constructor(cause: unknown) {
    super(
      "the database did not answer within the deadline",
      Code.DeadlineExceeded,
      undefined,
      undefined,
      cause,
    );
  }
}

/** The transaction lost a race against another (deadlock or serialization failure) and was rolled back. Run it again. */
export class ConflictError extends DatabaseError {
  constructor(cause: unknown) {
    super("another transaction was faster", Code.Aborted, undefined, undefined, cause);
  }
}

/** More transactions wait for a connection than the pool lets queue. */
export class OverloadError extends DatabaseError {
  constructor() {
    super("too many transactions wait for the database", Code.ResourceExhausted);
  }
}

/** The request id was used before with another body. */
export class RequestIdReusedError extends DatabaseError {
  readonly reason = "REQUEST_ID_REUSED";
  constructor(method: string, requestId: string, domain: string) {
    const info = { reason: "REQUEST_ID_REUSED", domain, metadata: { method, request_id: requestId } };
    super(`request_id ${requestId} was used before with another body`, Code.InvalidArgument, undefined, [
      { desc: ErrorInfoSchema, value: info },
    ]);
  }
}

const connectionCodes = new Set([
  ...["CONNECTION_CLOSED", "CONNECTION_DESTROYED", "CONNECTION_ENDED", "CONNECT_TIMEOUT"],
  ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENOENT"],
  // admin shutdown, crash shutdown, starting up, too many connections, read-only after a failover
  ...["57P01", "57P02", "57P03", "53300", "25006"],
]);

/** The SQLSTATE of an error thrown by a statement, for example 23505; undefined for anything else. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = textOf(rootOf(error), "code");
  return code?.length === 5 ? code : undefined;
}

/** The constraint that a statement broke; undefined when it broke none. */
export function constraintOf(error: unknown): string | undefined {
  return textOf(rootOf(error), "constraint_name");
}

/** What a transaction throws: drizzle's wrapper quotes parameter values, so the driver's own error is taken instead. */
export function toDatabaseError(error: unknown): unknown {
  const root = rootOf(error);
  const code = textOf(root, "code");
  if (code === undefined) return root;
  if (connectionCodes.has(code) || /^08.{3}$/.test(code)) return new UnavailableError(root);
  if (lostRace(error)) return new ConflictError(root);
  return code === "57014" ? new DeadlineError(root) : root;
}

// Roles, passwords and databases are made and exchanged by others; nothing was done yet, so it is no fault of a call.
const loginCodes = new Set(["28P01", "28000", "3D000"]);

/** What opening a connection throws: an UnreachableError, unless it is a fault of ours. */
export function toConnectingError(error: unknown): unknown {
  const known = toDatabaseError(error);
  if (known instanceof UnavailableError) return new UnreachableError(known.cause);
  return loginCodes.has(sqlStateOf(error) ?? "") ? new UnreachableError(error) : known;
}

/** Whether a statement failed because another transaction was faster: a serialization failure or a deadlock. */
export function lostRace(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === "40001" || state === "40P01";
}

/** Whether a write came to a server that only reads: one that was the primary, or that a name still leads to. */
export function metStandby(error: unknown): boolean {
  return sqlStateOf(error) === "25006";
}

function rootOf(error: unknown): unknown {
  return error instanceof DrizzleQueryError ? error.cause : error;
}

function textOf(error: unknown, key: "code" | "constraint_name"): string | undefined {
  if (typeof error !== "object" || error === null || !(key in error)) return undefined;
  const value = (error as Record<string, unknown>)[key];
  return typeof value === "string" ? value : undefined;
}
