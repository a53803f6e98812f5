import type { IncomingHttpHeaders } from "node:http";

/** How long calls may take, in milliseconds. */
export interface DeadlineLimits {
  /** What a unary call gets when its client asks for nothing. */
  readonly defaultMs: number;
  /** A longer wish of a unary call is lowered to this. */
  readonly maxMs: number;
  /** What a stream gets, and the most it may ask for. */
  readonly streamMs: number;
}

const unitMs: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/**
 * Gives a call without a deadline the default, and lowers one that is too far away, by rewriting the protocol's own
 * header: the transport then does what it does for every deadline. A malformed header is left for it to refuse.
 */
export function boundDeadline(headers: IncomingHttpHeaders, unary: boolean, limits: DeadlineLimits): void {
  const most = unary ? limits.maxMs : limits.streamMs;
  const fallback = unary ? limits.defaultMs : limits.streamMs;
  if (headers["content-type"]?.startsWith("application/grpc")) {
    const asked = grpcTimeoutMs(headers["grpc-timeout"]);
    if (asked === undefined) headers["grpc-timeout"] = `${fallback}m`;
    else if (asked > most) headers["grpc-timeout"] = `${most}m`;
    return;
  }
  const asked = headers["connect-timeout-ms"];
  if (asked === undefined) headers["connect-timeout-ms"] = String(fallback);
  else if (Number(asked) > most) headers["connect-timeout-ms"] = String(most);
}

function grpcTimeoutMs(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(String(header)) ?? [];
  return digits === undefined || unit === undefined ? 0 : Number(digits) * (unitMs[unit] as number);
}
