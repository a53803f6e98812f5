import { Code, type ConnectError } from "@connectrpc/connect";
import type { ErrorReason } from "@marketmesh/contracts/fulfillment/v1";
import { type Caller, type FieldViolation, notAccessible, problem } from "@marketmesh/rpc";

/** The reasons of error_reason.proto. */
export type Reason = Exclude<keyof typeof ErrorReason, "UNSPECIFIED">;

/** Forget a reason and it does not compile. */
export const codeOf = {
  WORKFLOW_NOT_FOUND: Code.NotFound,
  WORKFLOW_ALREADY_EXISTS: Code.AlreadyExists,
  WORKFLOW_INVALID: Code.InvalidArgument,
  WORKFLOW_RETIRED: Code.FailedPrecondition,
  CALL_NOT_PERMITTED: Code.PermissionDenied,
  RUN_NOT_FOUND: Code.NotFound,
  RUN_ALREADY_EXISTS: Code.AlreadyExists,
  RUN_ENDED: Code.FailedPrecondition,
  RUN_NOT_FAULTED: Code.FailedPrecondition,
  TASK_NOT_FOUND: Code.NotFound,
  TASK_ALREADY_EXISTS: Code.AlreadyExists,
  TASK_ENDED: Code.FailedPrecondition,
  TASK_CLAIMED: Code.FailedPrecondition,
  TASK_REPEATED: Code.InvalidArgument,
  MARKET_TIME_REQUIRED: Code.InvalidArgument,
  DATA_TOO_LARGE: Code.InvalidArgument,
} satisfies Record<Reason, Code>;

const domain = "fulfillment.marketmesh";

/** A refusal of this service. */
export function refuse(
  reason: Reason,
  message: string,
  metadata: Readonly<Record<string, string>>,
  at: { readonly field?: string; readonly violations?: readonly FieldViolation[] } = {},
): ConnectError {
  return problem(codeOf[reason], reason, message, { domain, metadata, ...at });
}

/** What was found. A party learns only that it may not see the thing, whether there is one or not. */
export function found<T>(value: T | undefined, caller: Caller, reason: Reason, resource: string): T {
  if (value !== undefined) return value;
  if (caller.reach === "PARTY") throw notAccessible(resource);
  throw notFound(reason, resource);
}

export function notFound(reason: Reason, resource: string): ConnectError {
  return refuse(reason, `${resource} is not there`, { [keyOf(reason)]: resource });
}

// RUN_NOT_FOUND -> run
function keyOf(reason: Reason): string {
  return reason.slice(0, reason.indexOf("_")).toLowerCase();
}
