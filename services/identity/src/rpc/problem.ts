import { Code, type ConnectError } from "@connectrpc/connect";
import { type Caller, notAccessible, problem } from "@marketmesh/rpc";
import type { Decision, Problem, Reason } from "../domain/problem.ts";

/** Forget a reason and it does not compile. */
export const codeOf = {
  MARKET_NOT_FOUND: Code.NotFound,
  MARKET_ALREADY_EXISTS: Code.AlreadyExists,
  PARTY_NOT_FOUND: Code.NotFound,
  PARTY_ALREADY_EXISTS: Code.AlreadyExists,
  PARTY_ERASED: Code.FailedPrecondition,
  PARTY_ID_REPEATED: Code.InvalidArgument,
  GRANT_NOT_FOUND: Code.NotFound,
  GRANT_ALREADY_EXISTS: Code.AlreadyExists,
  ROLE_NOT_FOUND: Code.NotFound,
  ROLE_NOT_GRANTABLE: Code.InvalidArgument,
  ROLE_EXCEEDS_CALLER: Code.PermissionDenied,
  PRINCIPAL_INVALID: Code.InvalidArgument,
  SERVICE_ACCOUNT_NOT_FOUND: Code.NotFound,
  SERVICE_ACCOUNT_ALREADY_EXISTS: Code.AlreadyExists,
  SERVICE_ACCOUNT_DISABLED: Code.FailedPrecondition,
  API_KEY_NOT_FOUND: Code.NotFound,
  API_KEY_ALREADY_EXISTS: Code.AlreadyExists,
  EXPIRE_TIME_INVALID: Code.InvalidArgument,
  ISSUER_NOT_FOUND: Code.NotFound,
  ISSUER_ALREADY_EXISTS: Code.AlreadyExists,
  ISSUER_INVALID: Code.InvalidArgument,
  CREDENTIAL_INVALID: Code.Unauthenticated,
  ISSUER_UNREACHABLE: Code.Unavailable,
  NO_GRANT: Code.PermissionDenied,
  PARTY_REQUIRED: Code.FailedPrecondition,
  AUDIENCE_NOT_ALLOWED: Code.PermissionDenied,
  EXCHANGES_LIMITED: Code.ResourceExhausted,
  UPDATE_MASK_INVALID: Code.InvalidArgument,
  ETAG_MISMATCH: Code.Aborted,
} satisfies Record<Reason, Code>;

export function toConnectError(refusal: Problem): ConnectError {
  const { reason, message, metadata, field, retryAfterMs } = refusal;
  return problem(codeOf[reason], reason, message, {
    domain: "identity.marketmesh",
    metadata,
    ...(field !== undefined && { field }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** What was decided, or the refusal thrown. */
export function must<T>(decision: Decision<T>): T {
  if (!decision.ok) throw toConnectError(decision);
  return decision.value;
}

/** What was found. A party learns only that it may not see the thing, whether there is one or not. */
export function found<T>(value: T | undefined, caller: Caller, missing: Problem): T {
  if (value !== undefined) return value;
  if (caller.reach !== "PARTY") throw toConnectError(missing);
  throw notAccessible(Object.values(missing.metadata)[0] ?? "");
}
