import { Code, ConnectError } from "@connectrpc/connect";
import { backoffMs, pause } from "@marketmesh/rpc";
import type { BoundHost } from "./bound-host.ts";
import type { Bind } from "./host.ts";

const waitMaxMs = 5_000;

/** What a bind needs is not there yet, but will be: the process waits for it, alive and not ready. */
export class NotYetError extends Error {
  override readonly name = "NotYetError";
}

/** What one attempt gets: a host of its own, and how to leave nothing of it behind. */
export interface Attempts {
  next(): BoundHost;
  discard(bound: BoundHost): Promise<void>;
}

/**
 * Binds a service, again and again on a fresh host as long as a dependency is away: any service may start before its
 * database, and before its schema. What it waits for is logged once. Any other fault is thrown.
 */
export async function bindPatiently(
  bind: Bind,
  attempts: Attempts,
  random: () => number,
): Promise<BoundHost> {
  let told = "";
  for (let failures = 0; ; ) {
    const bound = attempts.next();
    try {
      await bind(bound.host);
      return bound;
    } catch (cause) {
      await attempts.discard(bound);
      if (!isAway(cause)) throw cause;
      failures += 1;
      const reason = reasonOf(cause);
      if (reason !== told) bound.telemetry.log.warn("waiting to start", { url: bound.url, for: reason });
      told = reason;
      await pause(Math.min(waitMaxMs, 5 * backoffMs(Math.min(failures, 10), random())));
    }
  }
}

// Who logs in may not be known yet either: databases and roles are made by others, at the same time.
const notMadeYet = new Set(["3D000", "28000", "28P01"]);

/** Whether waiting can help: the database or a neighbour is away, or not prepared yet. */
function isAway(cause: unknown): boolean {
  if (cause instanceof NotYetError) return true;
  if (cause instanceof ConnectError) return cause.code === Code.Unavailable;
  return notMadeYet.has(codeOf(cause));
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const root = cause.cause instanceof Error ? `${codeOf(cause.cause)} ${cause.cause.message}`.trim() : "";
  return root === "" ? cause.message : `${cause.message}: ${root}`;
}

function codeOf(cause: unknown): string {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : "";
  return typeof code === "string" ? code : "";
}
