import { randomUUID } from "node:crypto";
import { Code, ConnectError, type ContextValues, type HandlerContext } from "@connectrpc/connect";
import { parseTraceparent } from "@marketmesh/telemetry";
import {
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  trace,
} from "@opentelemetry/api";
import { endCallSpan, startCallSpan } from "../call-span.ts";
import { anonymous, type Caller, callerKey, holds } from "../caller.ts";
import { problem, reasonOf } from "../problem.ts";
import { type Authenticated, authenticate, callerFrom, isServiceToken, refused } from "./authentication.ts";
import { type CallState, outcomeOf, stateKey } from "./call-state.ts";
import { overloaded } from "./load.ts";
import type { MethodPlan } from "./method-plan.ts";
import { describeTransportError } from "./refusal.ts";
import type { ServerParts } from "./server.ts";

const requestIdPattern = /^[\w.:~-]{1,128}$/;

/**
 * Runs when the headers of a call are there and before its body is read: names the call, starts its span, refuses it when
 * the server is full, when nobody may call so, or too often.
 */
export function gate(parts: ServerParts): (context: HandlerContext) => Promise<void> {
  return async (context) => {
    const plan = parts.plans.get(context.method);
    if (!plan) throw new Error(`${context.method.name} has no plan`);
    // The deadline was over before the call began.
    if (context.signal.aborted) throw context.signal.reason;
    const state = begin(parts, plan, context);
    parts.load.enter(plan, parts.domain);
    const authenticated = await identified(parts, plan, context.requestHeader);
    const caller = admitted(parts, plan, authenticated, state.requestId);
    const inside = authenticated !== undefined && isServiceToken(authenticated.direct, parts.service);
    if (!inside) {
      limitRate(parts, caller, context.values);
      admit(parts, state);
    }
    refuseBadQuery(context, parts.domain);
    context.values.set(callerKey, caller);
    state.call = {
      service: parts.service,
      method: plan.name,
      requestId: state.requestId,
      caller,
      callerToken: authenticated?.end.audience === "marketmesh" ? authenticated.end.token : "",
      deadlineMs: parts.nowMs() + (context.timeoutMs() ?? parts.limits.streamDeadlineMs),
      signal: context.signal,
    };
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

// Anyone may call a public method, so a stale token must not stop its holder from exchanging a key for a fresh one.
function identified(
  parts: ServerParts,
  plan: MethodPlan,
  header: Headers,
): Promise<Authenticated | undefined> {
  const found = authenticate(parts.verifier, parts.service, header);
  return plan.policy.access === "PUBLIC" ? found.catch(() => undefined) : found;
}

function begin(parts: ServerParts, plan: MethodPlan, context: HandlerContext): CallState {
  const sent = context.requestHeader.get("x-request-id");
  const requestId = sent !== null && requestIdPattern.test(sent) ? sent : randomUUID();
  context.responseHeader.set("x-request-id", requestId);
  const { span, traceContext } = startSpan(parts, plan, context);
  const state: CallState = {
    plan,
    startedMs: performance.now(),
    requestId,
    signal: context.signal,
    span,
    traceContext,
    call: undefined,
    admitted: false,
    answered: false,
    interrupt: undefined,
  };
  context.values.set(stateKey, state);
  endCheaply(context);
  // Every call ends by aborting its signal, with the error that it is answered with when there is one.
  context.signal.addEventListener("abort", () => finish(parts, state), { once: true });
  return state;
}

const callEnded: Error = new Error("the call has ended");

// An abort without a reason makes a DOMException with a stack: a tenth of the cost of a small call. The object that the
// gate gets is the one that the transport ends the call by.
function endCheaply(context: HandlerContext & { abort?: (reason?: unknown) => void }): void {
  const { abort } = context;
  if (abort) context.abort = (reason) => abort(reason ?? callEnded);
}

function finish(parts: ServerParts, state: CallState): void {
  const { reason } = state.signal;
  if (reason instanceof ConnectError)
    describeTransportError(reason, parts.domain, parts.limits.requestBytesMax, state.answered);
  const outcome = outcomeOf(state, reason);
  parts.load.leave(state.plan);
  if (state.admitted) parts.admission.leave();
  parts.observe(state.plan, outcome, (performance.now() - state.startedMs) / 1000, state.span.spanContext());
  if (outcome === Code.ResourceExhausted && reasonOf(reason) === "OVERLOADED")
    parts.countOverloaded(state.plan);
  endCallSpan(state.span, SpanKind.SERVER, outcome);
  if (!state.answered) state.interrupt?.(reason);
}

function startSpan(
  parts: ServerParts,
  plan: MethodPlan,
  context: HandlerContext,
): { span: Span; traceContext: Context | undefined } {
  const remote = remoteSpan(context.requestHeader);
  const parent = remote ? trace.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT;
  const system = context.protocolName === "connect" ? "connectrpc" : "grpc";
  const span = startCallSpan(parts.tracer, SpanKind.SERVER, plan, system, parent);
  const traced = remote !== undefined || span.isRecording();
  return { span, traceContext: traced ? trace.setSpan(parent, span) : undefined };
}

function remoteSpan(header: Headers): SpanContext | undefined {
  const remote = parseTraceparent(header.get("traceparent"));
  const state = remote && header.get("tracestate");
  return remote && state ? { ...remote, traceState: createTraceState(state) } : remote;
}

// Permission comes before anything that looks at the request, so that a refusal tells nothing about what exists.
function admitted(
  parts: ServerParts,
  plan: MethodPlan,
  authenticated: Authenticated | undefined,
  requestId: string,
): Caller {
  const { access, permission, marketField } = plan.policy;
  if (!authenticated) {
    if (access === "PUBLIC") return anonymous(requestId);
    throw refused(
      parts.service,
      "TOKEN_MISSING",
      "this method needs an authorization header with a Bearer token",
    );
  }
  if (access === "PERMISSION") {
    if (!holds(authenticated.direct.permissions, permission)) {
      const options = { domain: parts.domain, metadata: { permission } };
      throw problem(Code.PermissionDenied, "PERMISSION_MISSING", `the token lacks ${permission}`, options);
    }
    if (marketField === undefined && authenticated.direct.reach !== "PLATFORM") {
      const options = { domain: parts.domain, metadata: { market: "-" } };
      throw problem(
        Code.PermissionDenied,
        "MARKET_MISMATCH",
        "this method needs a token of platform reach",
        options,
      );
    }
  }
  return callerFrom(authenticated, requestId);
}

// What services send was limited where it entered the mesh.
function limitRate(parts: ServerParts, caller: Caller, values: ContextValues): void {
  const waitMs = parts.rate.take(
    caller.principal === "" ? `at ${values.get(parts.remoteKey)}` : caller.principal,
  );
  if (waitMs === 0) return;
  throw problem(Code.ResourceExhausted, "RATE_LIMITED", "too many calls by this principal", {
    domain: parts.domain,
    metadata: { callsPerSecond: String(parts.limits.callsPerSecond) },
    retryAfterMs: waitMs,
  });
}

function admit({ admission, domain }: ServerParts, state: CallState): void {
  const { unary } = state.plan;
  if (!admission.enter(unary)) throw overloaded(domain, admission.limit);
  state.admitted = unary;
}
