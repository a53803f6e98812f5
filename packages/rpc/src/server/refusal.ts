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
  const refusal = judged(cause, domain, requestId);
  makeWritable(refusal.error);
  return refusal;
}

// A text that was cut may end in half of a character, which gRPC's trailer cannot hold and a reader of JSON refuses.
function makeWritable(error: ConnectError): void {
  if (error.rawMessage.isWellFormed()) return;
  Object.assign(error, {
    rawMessage: error.rawMessage.toWellFormed(),
    message: error.message.toWellFormed(),
  });
}

function judged(cause: unknown, domain: string, requestId: string): Refusal {
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

const resetPattern = /stream closed with error code/i;

/**
 * Adds what is missing to an error that the transport made by itself: a message that does not parse, is too large, or came
 * too late, a client that left. `answered`: the handler is done, so that what fails now is the writing of its answer.
 */
export function describeTransportError(
  error: ConnectError,
  domain: string,
  readMaxBytes: number,
  answered = false,
): void {
  makeWritable(error);
  if (
    error.isWireError ||
    error.details.some((detail) => "desc" in detail && detail.desc === ErrorInfoSchema)
  )
    return;
  if (error.code === Code.ResourceExhausted && error.rawMessage.includes("readMaxBytes")) {
    describe(error, "REQUEST_TOO_LARGE", { domain, metadata: { limitBytes: String(readMaxBytes) } });
    return;
  }
  if (faults.has(error.code)) {
    // What cannot be read before there is an answer is the caller's mistake, and so is a stream that it resets; neither is
    // a fault of ours.
    if (resetPattern.test(error.rawMessage)) Object.assign(error, { code: Code.Canceled });
    else if (!answered) Object.assign(error, { code: Code.InvalidArgument });
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
