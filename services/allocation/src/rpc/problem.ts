import { Code, type ConnectError } from "@connectrpc/connect";
import type { ErrorReason } from "@marketmesh/contracts/allocation/v1";
import { type Caller, notAccessible, problem } from "@marketmesh/rpc";

/** The reasons of error_reason.proto. */
export type Reason = Exclude<keyof typeof ErrorReason, "UNSPECIFIED">;

/** Forget a reason and it does not compile. */
export const codeOf = {
  PLAN_NOT_FOUND: Code.NotFound,
  PLAN_ALREADY_EXISTS: Code.AlreadyExists,
  PLAN_INVALID: Code.InvalidArgument,
  CAPACITY_NOT_FOUND: Code.NotFound,
  CAPACITY_BELOW_CLAIMS: Code.FailedPrecondition,
  CAPACITY_UNLIMITED: Code.FailedPrecondition,
  CAPACITY_EXHAUSTED: Code.FailedPrecondition,
  GROUP_EXHAUSTED: Code.FailedPrecondition,
  LISTING_NOT_OPEN: Code.FailedPrecondition,
  SIDE_INVALID: Code.InvalidArgument,
  EXPIRE_TIME_PAST: Code.InvalidArgument,
  DEMAND_REPEATED: Code.InvalidArgument,
  OFFER_REPEATED: Code.InvalidArgument,
  HOLD_NOT_FOUND: Code.NotFound,
  HOLD_NOT_HELD: Code.FailedPrecondition,
  HOLD_HAS_OFFER: Code.FailedPrecondition,
  ROUND_NOT_FOUND: Code.NotFound,
  ROUND_ALREADY_EXISTS: Code.AlreadyExists,
  ROUND_RUNNING: Code.FailedPrecondition,
  ROUND_NOT_AWAITING: Code.FailedPrecondition,
  APPROVAL_EXPIRED: Code.FailedPrecondition,
  OFFER_NOT_FOUND: Code.NotFound,
  OFFER_SETTLED: Code.FailedPrecondition,
  OFFER_EXPIRED: Code.FailedPrecondition,
  ALLOCATION_NOT_FOUND: Code.NotFound,
  DECISION_NOT_FOUND: Code.NotFound,
  CLOCK_IN_USE: Code.FailedPrecondition,
  CLOCK_NOT_SANDBOX: Code.FailedPrecondition,
  DECISION_CONTENDED: Code.Aborted,
  DECISION_NOT_KEPT: Code.FailedPrecondition,
  REPLAY_RUNNING: Code.ResourceExhausted,
  PLAN_NOT_REPLAYABLE: Code.InvalidArgument,
  HOLD_UNITS_EXCEEDED: Code.FailedPrecondition,
  EXPIRE_TIME_TOO_LATE: Code.InvalidArgument,
  HOLD_REPEATED: Code.InvalidArgument,
  POOL_NOT_FOUND: Code.NotFound,
  SLOT_OVER: Code.FailedPrecondition,
  CAPACITY_EMBARGOED: Code.FailedPrecondition,
  POOLS_EXHAUSTED: Code.FailedPrecondition,
  HOLD_IN_BUNDLE: Code.FailedPrecondition,
  BUNDLE_NOT_FOUND: Code.NotFound,
  SLOT_CLAIMED: Code.FailedPrecondition,
  OFFER_NOT_YOUR_TURN: Code.FailedPrecondition,
  COUNTER_ROUNDS_EXHAUSTED: Code.FailedPrecondition,
  WAITLIST_ENTRY_NOT_FOUND: Code.NotFound,
  WAITLIST_ENTRY_SERVED: Code.FailedPrecondition,
  WAITLIST_FULL: Code.FailedPrecondition,
  PLAN_WITHOUT_ANSWER: Code.FailedPrecondition,
  SOLUTION_NOT_KEPT: Code.NotFound,
  GRAPH_INVALID: Code.InvalidArgument,
  GRAPH_TOO_LARGE: Code.InvalidArgument,
} satisfies Record<Reason, Code>;

/** A refusal of this service. */
export function refuse(
  reason: Reason,
  message: string,
  metadata: Readonly<Record<string, string>>,
  field?: string,
): ConnectError {
  return problem(codeOf[reason], reason, message, { metadata, ...(field !== undefined && { field }) });
}

/** The other side of the offer is to speak. */
export function notYourTurn(offer: string): ConnectError {
  return refuse("OFFER_NOT_YOUR_TURN", `${offer}: the other side is to speak`, { offer });
}

/** What was found. A party learns only that it may not see the thing, whether there is one or not. */
export function found<T>(value: T | undefined, caller: Caller, reason: Reason, resource: string): T {
  if (value !== undefined) return value;
  if (caller.reach === "PARTY") throw notAccessible(resource);
  throw refuse(reason, `${resource} is not there`, { [keyOf(reason)]: resource });
}

// PLAN_NOT_FOUND -> plan; what has no level is a listing.
function keyOf(reason: Reason): string {
  const noun = reason.slice(0, reason.indexOf("_")).toLowerCase();
  return noun === "capacity" ? "listing" : noun;
}
