import { Code, ConnectError } from "@connectrpc/connect";

/** The database can't be reached or went away; the transaction did not commit, or nobody knows. Retry as is. */
export class UnavailableError extends ConnectError {
  constructor(cause: unknown) {
    super("the database is unavailable", Code.Unavailable, undefined, undefined, cause);
    this.name = "UnavailableError";
  }
}

/** The statement was cancelled because the deadline passed or the caller went away. */
export class DeadlineError extends ConnectError {
  constructor(cause: unknown) {
    super(
      "the database did not answer within the deadline",
      Code.DeadlineExceeded,
      undefined,
      undefined,
      cause,
    );
    this.name = "DeadlineError";
  }
}

/** The request id was used before with another body. */
export class RequestIdReusedError extends ConnectError {
  readonly reason = "REQUEST_ID_REUSED";
  constructor(method: string, requestId: string) {
    super(`request_id ${requestId} was used before with another body of ${method}`, Code.InvalidArgument);
    this.name = "RequestIdReusedError";
  }
}

/** The SQLSTATE of an error thrown by a statement, for example 23505; undefined for anything else. */
export declare function sqlStateOf(error: unknown): string | undefined;

/** The constraint that a statement broke; undefined when it broke none. */
export declare function constraintOf(error: unknown): string | undefined;
