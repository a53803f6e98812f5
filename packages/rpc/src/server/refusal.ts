import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@marketmesh/contracts/google/rpc";
import { codeName } from "../code-name.ts";
import { describe, infoOf, type ProblemOptions, problem } from "../problem.ts";

/** What a call is told, and whether its cause belongs in the log. */
export interface Refusal {
  readonly error: ConnectError;
  readonly unexpected: boolean;
}

const reasonOfCode: Partial<Record<Code, string>> = {
  [Code.Canceled]: "CANCELLED",
  [Code.InvalidArgument]: "VALIDATION_FAILED",
  [Code.DeadlineExceeded]: "DEADLINE_EXCEEDED",
  [Code.ResourceExhausted]: "OVERLOADED",
  [Code.Aborted]: "TRANSACTION_CONFLICT",
  [Code.Unavailable]: "UNREACHABLE",
  [Code.Unimplemented]: "UNIMPLEMENTED",
};
const faults: ReadonlySet<Code> = new Set([Code.Unknown, Code.Internal, Code.DataLoss]);
const oursWhenFromBelow: ReadonlySet<Code> = new Set([...faults, Code.Unauthenticated, Code.Unimplemented]);

/** Turns whatever a handler threw into what its caller is told. */
export function refusalOf(cause: unknown, domain: string, requestId: string): Refusal {
  const internal = () => ({
    error: problem(Code.Internal, "INTERNAL", "internal", { domain, metadata: { requestId }, cause }),
    unexpected: true,
  });
  if (!(cause instanceof ConnectError)) return internal();
  // Another service's answer about our own call says nothing about the request that we serve.
  if (cause.isWireError && oursWhenFromBelow.has(cause.code)) return internal();
  const unexpected = faults.has(cause.code);
  if (!cause.isWireError && infoOf(cause) === undefined) {
    if (unexpected) return internal();
    describeParsed(cause, domain);
  }
  return { error: cause, unexpected };
}

/**
 * Adds what is missing to an error that the transport made before any interceptor ran: a message that does not parse,
 * is too large, or came too late.
 */
export function describeTransportError(error: ConnectError, domain: string, readMaxBytes: number): void {
  if (
    error.isWireError ||
    error.details.some((detail) => "desc" in detail && detail.desc === ErrorInfoSchema)
  )
    return;
  if (error.code === Code.ResourceExhausted && error.rawMessage.includes("readMaxBytes")) {
    describe(error, "REQUEST_TOO_LARGE", { domain, metadata: { limitBytes: String(readMaxBytes) } });
    return;
  }
  if (error.code === Code.Internal && error.rawMessage.startsWith("parse binary")) {
    // Bytes that are no protobuf are the caller's mistake, not a fault of ours.
    Object.assign(error, { code: Code.InvalidArgument });
  }
  describeParsed(error, domain);
}

function describeParsed(error: ConnectError, domain: string): void {
  const reason = reasonOfCode[error.code] ?? codeName(error.code);
  const field = error.code === Code.InvalidArgument ? fieldIn(error.rawMessage) : undefined;
  const options: ProblemOptions = { domain, ...(field !== undefined && { field, metadata: { field } }) };
  describe(error, reason, options);
}

// The JSON reader tells the place in its message only.
function fieldIn(message: string): string | undefined {
  const unknownKey = /key "([^"]{1,200})" is unknown/.exec(message)?.[1];
  return unknownKey ?? /cannot decode field [\w.]*?(\w+) from JSON/.exec(message)?.[1];
}
