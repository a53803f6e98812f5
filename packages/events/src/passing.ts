import { Code, ConnectError } from "@connectrpc/connect";
import { DeadlineError } from "@marketmesh/postgres";

const passing: ReadonlySet<Code> = new Set([Code.Unavailable, Code.DeadlineExceeded, Code.Aborted]);

/**
 * Whether a handler failed because the database or a neighbour is away, slow or was ahead of it: no fault of the event, so it
 * waits and no attempt is counted. A statement of its own that takes too long is one: with fewer events it may not.
 */
export function isPassing(error: unknown): boolean {
  return error instanceof ConnectError && passing.has(error.code) && !(error instanceof DeadlineError);
}
