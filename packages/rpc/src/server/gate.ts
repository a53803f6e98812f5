import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { problem } from "../problem.ts";
import { admitCall, beginCall, finishCall } from "./entry.ts";
import type { Guard } from "./guard.ts";
import type { ServerParts } from "./server.ts";

/**
 * The gate of the calls that the transport library serves. Runs when the headers of a call are there and before its body is
 * read.
 */
export function gate(
  parts: ServerParts,
  { fail }: Pick<Guard, "fail">,
): (context: HandlerContext) => Promise<void> {
  return async (context) => {
    const plan = parts.plans.get(context.method);
    if (!plan) throw new Error(`${context.method.name} has no plan`);
    const { signal } = context;
    // The deadline was over before the call began.
    if (signal.aborted) throw signal.reason;
    const arrival = {
      header: context.requestHeader,
      protocolName: context.protocolName,
      values: context.values,
      signal,
      timeoutMs: context.timeoutMs,
      remote: () => context.values.get(parts.remoteKey),
    };
    const state = beginCall(parts, plan, arrival);
    context.responseHeader.set("x-request-id", state.requestId);
    endCheaply(context);
    // Every call ends by aborting its signal, with the error that it is answered with when there is one.
    signal.addEventListener("abort", () => finishCall(parts, state, signal.reason), { once: true });
    try {
      await admitCall(parts, state, arrival);
    } catch (cause) {
      throw cause instanceof ConnectError ? cause : fail(state, cause);
    }
    refuseBadQuery(context, parts.domain);
  };
}

// The message of a GET. The transport would call a text that is no base64 a fault of its own.
function refuseBadQuery({ requestMethod, url }: HandlerContext, domain: string): void {
  if (requestMethod !== "GET") return;
  const query = new URL(url).searchParams;
  const text = query.get("message") ?? "";
  if (query.get("base64") !== "1" || (/^[\w+/-]*={0,2}$/.test(text) && text.length % 4 !== 1)) return;
  throw problem(Code.InvalidArgument, "VALIDATION_FAILED", "message is not base64", {
    domain,
    field: "message",
  });
}

/** What a call ends with that went well: an abort without a reason makes an exception with a stack. */
export const callEnded: Error = new Error("the call has ended");

// A tenth of the cost of a small call. The object that the gate gets is the one that the transport ends the call by.
function endCheaply(context: HandlerContext & { abort?: (reason?: unknown) => void }): void {
  const { abort } = context;
  if (abort) context.abort = (reason) => abort(reason ?? callEnded);
}
