import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "@marketmesh/contracts/google/rpc";
import { currentCall } from "./call.ts";

/** One mistake in a request. */
export interface FieldViolation {
  /** The path in proto names, for example `listing.attributes["pay"]`. */
  readonly field: string;
  /** What is wrong and what is allowed. */
  readonly description: string;
}

export interface ProblemOptions {
  /** `<service>.marketmesh`; by default the service that serves the current call. */
  readonly domain?: string;
  /** Each variable part of the message. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The request field at fault: adds a BadRequest whose description is the message. */
  readonly field?: string;
  /** Several mistakes at once; bounded by the caller. */
  readonly violations?: readonly FieldViolation[];
  /** When trying again as is may help: adds a RetryInfo. */
  readonly retryAfterMs?: number;
  /** What made it happen; for the log, never sent. */
  readonly cause?: unknown;
}

/** A refusal with `google.rpc.ErrorInfo`, and BadRequest and RetryInfo where they apply. */
export function problem(
  code: Code,
  reason: string,
  message: string,
  options: ProblemOptions = {},
): ConnectError {
  const error = new ConnectError(message, code, undefined, undefined, options.cause);
  describe(error, reason, options);
  return error;
}

/** A party learns only that it may not see the thing, whether there is one or not. */
export function notAccessible(resource: string): ConnectError {
  return problem(Code.PermissionDenied, "RESOURCE_NOT_ACCESSIBLE", `${resource} is not accessible`, {
    metadata: { resource },
  });
}

/** The etag that the caller gave is not the resource's any more. */
export function staleEtag(resource: string): ConnectError {
  return problem(Code.Aborted, "ETAG_MISMATCH", `${resource} has changed since it was read`, {
    metadata: { resource },
  });
}

/** Adds the details of a refusal to an error that has none. */
export function describe(error: ConnectError, reason: string, options: ProblemOptions = {}): void {
  const domain = options.domain ?? `${currentCall()?.service ?? "unknown"}.marketmesh`;
  error.details.push({ desc: ErrorInfoSchema, value: { reason, domain, metadata: { ...options.metadata } } });
  const fieldViolations = violationsOf(error.rawMessage, options);
  if (fieldViolations.length > 0) error.details.push({ desc: BadRequestSchema, value: { fieldViolations } });
  if (options.retryAfterMs !== undefined) {
    error.details.push({ desc: RetryInfoSchema, value: { retryDelay: durationOf(options.retryAfterMs) } });
  }
}

function violationsOf(message: string, { field, violations }: ProblemOptions): FieldViolation[] {
  return [...(field === undefined ? [] : [{ field, description: message }]), ...(violations ?? [])];
}

function durationOf(ms: number): { seconds: bigint; nanos: number } {
  const whole = Math.floor(ms / 1000);
  return { seconds: BigInt(whole), nanos: Math.round((ms - whole * 1000) * 1_000_000) };
}

/** The reason in an error's ErrorInfo, whichever side made the error; undefined when it has none. */
export function reasonOf(error: unknown): string | undefined {
  return infoOf(error)?.reason;
}

/** The ErrorInfo of an error; undefined when it has none. */
export function infoOf(
  error: unknown,
): { reason: string; domain: string; metadata: Record<string, string> } | undefined {
  if (!(error instanceof ConnectError)) return undefined;
  return error.findDetails(ErrorInfoSchema)[0];
}

/** INVALID_ARGUMENT for one field. */
export function invalidField(field: string, message: string, reason = "VALIDATION_FAILED"): ConnectError {
  return problem(Code.InvalidArgument, reason, message, { field, metadata: { field } });
}
