import { Code, type ConnectError } from "@connectrpc/connect";
import { type Caller, problem as refusal } from "@marketmesh/rpc";
import type { CatalogReason, Problem, Result } from "../domain/problem.ts";

const codeOf = {
  KIND_NOT_FOUND: Code.NotFound,
  KIND_ALREADY_EXISTS: Code.AlreadyExists,
  SCHEMA_INVALID: Code.InvalidArgument,
  EXPRESSION_INVALID: Code.InvalidArgument,
  GROUP_INVALID: Code.InvalidArgument,
  KIND_CHANGE_INCOMPATIBLE: Code.FailedPrecondition,
  LISTING_NOT_FOUND: Code.NotFound,
  LISTING_VERSION_NOT_FOUND: Code.NotFound,
  LISTING_ALREADY_EXISTS: Code.AlreadyExists,
  ATTRIBUTE_INVALID: Code.InvalidArgument,
  ATTRIBUTES_TOO_LARGE: Code.InvalidArgument,
  CAPACITY_INVALID: Code.InvalidArgument,
  AUDIENCE_INVALID: Code.InvalidArgument,
  OWNER_NOT_ALLOWED: Code.PermissionDenied,
  OWNER_REQUIRED: Code.InvalidArgument,
  OWNER_ERASED: Code.FailedPrecondition,
  UPDATE_MASK_INVALID: Code.InvalidArgument,
  LISTING_CLOSED: Code.FailedPrecondition,
  LISTING_STATE_INVALID: Code.FailedPrecondition,
  ETAG_MISMATCH: Code.Aborted,
  IMPORT_NOT_FOUND: Code.NotFound,
  IMPORT_ALREADY_EXISTS: Code.AlreadyExists,
  IMPORT_COMPLETE: Code.FailedPrecondition,
  IMPORT_ROW_GAP: Code.InvalidArgument,
  RESOURCE_NOT_ACCESSIBLE: Code.PermissionDenied,
  MARKET_MISMATCH: Code.PermissionDenied,
  NOT_CAUGHT_UP: Code.Unavailable,
  WATCH_TOO_SLOW: Code.ResourceExhausted,
  WATCHERS_TOO_MANY: Code.ResourceExhausted,
  WATCH_INTERRUPTED: Code.Unavailable,
} satisfies Record<CatalogReason, Code>;

/** A problem as the caller gets it. `within` is the request field that holds what the domain talks about: `listing`, `kind`. */
export function toConnectError(problem: Problem, within = ""): ConnectError {
  const code = codeOf[problem.reason];
  const field = problem.field === undefined ? undefined : join(within, problem.field);
  const metadata = { ...problem.metadata, ...(problem.metadata?.field !== undefined && field && { field }) };
  // BadRequest goes with mistakes in the request only; a FAILED_PRECONDITION names its field in the metadata.
  return refusal(code, problem.reason, messageOf(problem.message, field), {
    metadata,
    ...(code === Code.InvalidArgument && field !== undefined && { field }),
    ...(code === Code.Unavailable && { retryAfterMs: 500 }),
  });
}

function messageOf(message: string, field: string | undefined): string {
  return field === undefined || message.includes(field) ? message : `${field}: ${message}`;
}

function join(within: string, field: string): string {
  return within === "" || field === "update_mask" ? field : `${within}.${field}`;
}

/** The value of a result; throws its problem. */
export function orRefuse<T>(result: Result<T>, within = ""): T {
  if (result.ok) return result.value;
  throw toConnectError(result.problem, within);
}

/** What is not there for this caller. A party can't tell absent from hidden, so that it can't probe. */
export function notThere(
  caller: Pick<Caller, "reach">,
  what: "listing" | "import",
  name: string,
): ConnectError {
  if (caller.reach === "PARTY") {
    return toConnectError({
      reason: "RESOURCE_NOT_ACCESSIBLE",
      message: `${name} does not exist or is not yours to use`,
      metadata: { resource: name },
    });
  }
  const reason = what === "listing" ? "LISTING_NOT_FOUND" : "IMPORT_NOT_FOUND";
  return toConnectError({ reason, message: `${name} does not exist`, metadata: { [what]: name } });
}

/** Kinds are read by every party of a market and written by its staff alone, whatever permissions a party was granted. */
export function assertWritesKinds(caller: Pick<Caller, "reach">, name: string): void {
  if (caller.reach !== "PARTY") return;
  const message = "Kinds are written by the market's staff, not by its parties.";
  throw toConnectError({ reason: "RESOURCE_NOT_ACCESSIBLE", message, metadata: { resource: name } });
}

export function kindNotFound(market: string, kind: string): ConnectError {
  const name = `markets/${market}/kinds/${kind}`;
  return toConnectError({
    reason: "KIND_NOT_FOUND",
    message: `${name} does not exist`,
    metadata: { kind: name },
  });
}
