import { Code, ConnectError, type ContextKey, createContextKey } from "@connectrpc/connect";
import type { Context, Span } from "@opentelemetry/api";
import { type Call, withCall } from "../call.ts";
import type { MethodPlan } from "./method-plan.ts";

/** What the server knows about one call while it runs. */
export interface CallState {
  readonly plan: MethodPlan;
  readonly startedMs: number;
  readonly requestId: string;
  readonly span: Span;
  /** The trace context that the handler runs in; undefined when the call is not traced. */
  readonly traceContext: Context | undefined;
  call: Call | undefined;
  /** It counts in the server's admission. */
  admitted: boolean;
  /** The handler has answered: what aborts the signal from now on is the end, not a failure. */
  answered: boolean;
  /** Set when the call has ended: the error that it is answered with, if any. */
  ended: { readonly reason: unknown } | undefined;
  /** Rejects what the call waits for, when the deadline passes or the client leaves. */
  interrupt: ((reason: unknown) => void) | undefined;
}

export const stateKey: ContextKey<CallState | undefined> = createContextKey<CallState | undefined>(
  undefined,
  {
    description: "the state of the call",
  },
);

/** Waits for `work`, but not beyond the deadline or the client's patience. One wait at a time. */
export function interruptible<T>(state: CallState, work: () => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (state.ended) {
      reject(interruption(state.ended.reason));
      return;
    }
    state.interrupt = (reason) => reject(interruption(reason));
    withCall(state.call as Call, work).then(resolve, reject);
  });
}

/** What a call that is no longer waited for is answered with. */
export function interruption(reason: unknown): ConnectError {
  if (reason instanceof ConnectError) return reason;
  return new ConnectError("the client gave up", Code.Canceled);
}

/** The code of a call by what it ended with; undefined is success. */
export function outcomeOf(state: CallState, reason: unknown): Code | undefined {
  if (reason instanceof ConnectError) return reason.code;
  return state.answered ? undefined : Code.Canceled;
}
